package rtmpout

import (
	"context"
	"sync"
	"time"
)

// Publisher is a live stream to one server. Its methods may be called from any
// goroutines at the same time.
type Publisher struct {
	opts Options

	mu      sync.Mutex
	videos  []track
	audios  []track
	video   lane
	audio   lane
	waitKey uint32 // bit per video track: nothing but a key frame is taken
	counts  counts
	closing bool // no more packets; what is queued is sent
	hurry   bool // what is queued is not sent any more
	ended   bool // the writer is going
	err     error
	zero    time.Duration // the DTS of timestamp 0
	hasZero bool
	link    *link // the connection that is written to
	next    *link // the connection that takes over at the next key frame
	leaving leaving
	moving  bool                // a move to another server is under way, up to the goodbye to the old one
	moves   int                 // that were begun
	moved   [maxMoves]time.Time // when the last ones were

	wake       chan struct{} // capacity 1: something changed for the writer
	done       chan struct{}
	ctx        context.Context // of what the publisher does by itself
	cancel     context.CancelFunc
	background sync.WaitGroup // readers, moves, goodbyes to old servers

	w writerState // of the goroutine that runs run
}

type counts struct {
	video, audio int // frames written
	dropped      [numDropCauses]int
	moves        int
}

// maxConfig is the longest decoder configuration record, in bytes.
const maxConfig = 4096

func newPublisher(l *link, o Options) *Publisher {
	p := &Publisher{opts: o, link: l, wake: make(chan struct{}, 1), done: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if o.Zero != nil {
		p.zero, p.hasZero = *o.Zero, true
	}
	for i, v := range o.videoTracks() {
		p.videos = append(p.videos, track{codec: v.Codec, number: uint8(i), given: v.Config, current: v.Config, color: v.Color})
	}
	for i, a := range o.audioTracks() {
		if a.Codec.selfDescribing() {
			a.Config = nil
		}
		p.audios = append(p.audios, track{codec: a.Codec, number: uint8(i), given: a.Config, current: a.Config, layout: a.Layout})
	}
	now := time.Now()
	p.video.exists, p.video.wrote = len(p.videos) > 0, now
	p.audio.exists, p.audio.wrote = len(p.audios) > 0, now
	p.waitKey = 1<<len(p.videos) - 1
	p.w.init()
	p.suit(l)
	p.background.Go(func() { p.read(l) })
	go p.run()
	return p
}

// WriteVideo queues one frame; it never waits for the network. When the network
// does not keep up, frames are dropped up to the next key frame, which is no error
// (see Stats and NeedKey). The packets of a track are written in the order of their
// DTS. Errors are ErrNoTrack, ErrNoConfig, ErrEmpty and *TooLargeError for a packet
// that cannot be sent, after which the stream goes on; else that of Err, or ErrClosed.
func (p *Publisher) WriteVideo(pkt Packet) error { return p.write(&p.video, p.videos, pkt) }

// WriteAudio queues one frame; it never waits for the network. Audio is never
// dropped: when even audio alone does not fit the queue, the stream ends with a
// *StalledError. Other errors are those of WriteVideo.
func (p *Publisher) WriteAudio(pkt Packet) error { return p.write(&p.audio, p.audios, pkt) }

func (p *Publisher) write(l *lane, tracks []track, pkt Packet) error {
	now := time.Now()
	p.mu.Lock()
	taken, err := p.enqueue(l, tracks, pkt, now)
	p.mu.Unlock()
	if !taken {
		(&item{Packet: pkt}).release()
	}
	if taken {
		p.signal()
	}
	if _, stalled := err.(*StalledError); stalled {
		p.fail(StepStream, err)
		return p.Err()
	}
	return err
}

// enqueue puts pkt on its lane, unless it is dropped or cannot be sent.
func (p *Publisher) enqueue(l *lane, tracks []track, pkt Packet, now time.Time) (taken bool, err error) {
	switch {
	case p.closing || p.ended:
		if p.err != nil {
			return false, p.err
		}
		return false, ErrClosed
	case pkt.Track < 0 || pkt.Track >= len(tracks):
		return false, ErrNoTrack
	case len(pkt.Data) == 0:
		return false, ErrEmpty
	case len(pkt.Data) > maxPacket:
		return false, &TooLargeError{len(pkt.Data)}
	case tracks[pkt.Track].off:
		return false, nil
	case tracks[pkt.Track].given == nil && !tracks[pkt.Track].codec.selfDescribing():
		return false, ErrNoConfig
	}
	if l == &p.video && !p.admit(pkt, now) {
		return false, nil
	}
	if l == &p.audio {
		if age := l.age(now); age > p.opts.StallTimeout || l.bytes+len(pkt.Data) > max(p.opts.QueueBytes/4, len(pkt.Data)) {
			return false, &StalledError{age, l.bytes + p.video.bytes}
		}
	}
	l.push(item{Packet: pkt, at: now})
	if !l.used || pkt.DTS > l.last {
		l.last = pkt.DTS
	}
	l.used, l.wrote = true, now
	p.settle(now)
	return true, nil
}

// settle lets go what does not wait for the other lane any more.
func (p *Publisher) settle(now time.Time) {
	p.video.settle(&p.audio, p.opts.Interleave, now, p.closing)
	p.audio.settle(&p.video, p.opts.Interleave, now, p.closing)
}

// admit applies the drop policy to a video frame and tells whether it is taken.
func (p *Publisher) admit(pkt Packet, now time.Time) bool {
	bit := uint32(1) << pkt.Track
	room := p.opts.QueueBytes - p.audio.bytes - p.leaving.bytes
	q := p.video.queued(now, len(p.videos) == 1, len(pkt.Data), room, p.opts.QueueTime)
	plan := planDrop(q, len(pkt.Data), pkt.Key, p.waitKey&bit != 0, room, p.opts.QueueTime)
	if plan.to > plan.from {
		p.counts.dropped[plan.cause] += p.video.remove(plan.from, plan.to)
		if len(p.videos) > 1 || !plan.accept {
			p.waitKey = 1<<len(p.videos) - 1
		}
	}
	if !plan.accept {
		p.counts.dropped[plan.cause]++
		p.waitKey |= bit
		return false
	}
	if pkt.Key {
		p.waitKey &^= bit
	}
	return true
}

// DropVideo drops the video that waits, and what comes until the next key frame:
// for who knows better than QueueTime that it would arrive too late. It tells how
// many frames that were.
func (p *Publisher) DropVideo() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closing || p.ended {
		return 0
	}
	n := p.video.remove(0, p.video.n)
	p.counts.dropped[DropAge] += n
	if n > 0 {
		p.waitKey = 1<<len(p.videos) - 1
	}
	return n
}

// NeedKey tells whether video is being dropped until a key frame comes. Whoever
// can make the encoder produce one should.
func (p *Publisher) NeedKey() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.waitKey != 0 && p.video.used || p.next != nil
}

// Zero is the DTS that is timestamp 0, for Options.Zero of a later connection; nil
// before the first packet was sent.
func (p *Publisher) Zero() *time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.hasZero {
		return nil
	}
	z := p.zero
	return &z
}

// Target is where the stream goes now: it changes with a redirect.
func (p *Publisher) Target() Target {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link.target
}

// Done is closed when the stream has ended and nothing of it runs any more.
func (p *Publisher) Done() <-chan struct{} { return p.done }

// Err is why the stream ended: nil while it runs and after an orderly Close,
// ErrAborted after Abort, else an *Error with StepStream.
func (p *Publisher) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

func (p *Publisher) signal() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}
