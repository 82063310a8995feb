package recording

import (
	"sync"

	"tally/encoder"
)

const (
	// queueMost bounds the bytes that wait for the disk: at 6 Mbit/s, a disk may
	// stall for 85 s before anything is lost.
	queueMost = 64 << 20
	// soundMost is room that only sound may use, so that a gap in the picture is
	// not one in the sound.
	soundMost = 4 << 20
	// packetsMost bounds very small packets.
	packetsMost = 1 << 16
)

// queue is what waits for the disk. When it is full, pictures are refused up to
// the next key frame for which there is room.
type queue struct {
	wake chan struct{} // holds a token when there is something to do

	mu       sync.Mutex
	video    bool
	waiting  []item
	bytes    int // of waiting, and of what was taken and is not done
	needKey  bool
	ended    bool // nothing more is put
	closed   bool // nothing more is taken
	dropped  int
	paused   bool
	cut      bool // the next packet is the first after a pause
	switched *encoder.VideoConfig
}

// item is a packet, and what it begins.
type item struct {
	*encoder.Packet
	cut   bool                 // the first after a pause
	video *encoder.VideoConfig // of another encoder, from here on; else nil
}

func (q *queue) init(video bool) {
	q.wake = make(chan struct{}, 1)
	q.video, q.needKey = video, video
}

func (q *queue) put(p *encoder.Packet) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended || q.closed || q.paused {
		return
	}
	if p.Track == encoder.VideoTrack {
		full := q.bytes+len(p.Data) > queueMost || len(q.waiting) >= packetsMost
		switch {
		case q.needKey && !p.Key && (q.dropped == 0 || q.cut):
			return // before the first key frame nothing is missing yet
		case full, q.needKey && !p.Key:
			q.needKey = true
			q.dropped++
			return
		}
		q.needKey = false
	} else {
		switch {
		case q.cut && q.video:
			return // sound goes on with the picture
		case q.bytes+len(p.Data) > queueMost+soundMost || len(q.waiting) >= 2*packetsMost:
			q.dropped++
			return
		}
	}
	i := item{Packet: p.Retain(), cut: q.cut}
	q.cut = false
	if p.Track == encoder.VideoTrack && p.Key {
		i.video, q.switched = q.switched, nil
	}
	q.waiting = append(q.waiting, i)
	q.bytes += len(p.Data)
	q.signal()
}

func (q *queue) switchTo(v encoder.VideoConfig) {
	q.mu.Lock()
	q.switched = &v
	q.mu.Unlock()
}

func (q *queue) pause(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.paused == on {
		return
	}
	q.paused = on
	if !on {
		q.cut, q.needKey = true, q.video
	}
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take exchanges an emptied slice for all that waits. Each packet must be given
// to done. ended tells that nothing will follow.
func (q *queue) take(emptied []item) (all []item, ended bool) {
	clear(emptied)
	q.mu.Lock()
	defer q.mu.Unlock()
	all = q.waiting
	q.waiting = emptied[:0]
	return all, q.ended
}

// done releases a packet that was taken.
func (q *queue) done(p *encoder.Packet) {
	q.mu.Lock()
	q.bytes -= len(p.Data)
	q.mu.Unlock()
	p.Release()
}

func (q *queue) end() {
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	q.signal()
}

// close releases what waits, and refuses what comes.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	all := q.waiting
	q.waiting = nil
	q.mu.Unlock()
	for _, p := range all {
		q.done(p.Packet)
	}
}

func (q *queue) state() (bytes, dropped int, paused bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.bytes, q.dropped, q.paused
}
