package rtmpout

import "time"

// Packet is one encoded frame: for video all NAL units of one access unit (H.264,
// HEVC, VVC: each after its length in 4 bytes; AV1: its OBUs; VP9: the frame), for
// audio one frame as the codec makes it (AAC without ADTS).
//
// Data must not change until Owner.Release is called. Release is called exactly
// once for every packet given to WriteVideo or WriteAudio, whatever they return:
// when the bytes have been written, when they were dropped, or when the publisher
// ended. It may be called from any goroutine and must neither block nor call the
// publisher. A nil Owner is for data that never changes.
type Packet struct {
	DTS, PTS time.Duration // on one clock for all tracks; PTS counts for video only
	Key      bool          // video: decoding can begin here
	Track    int           // 0, or 1 + its index in Options.MoreVideo or MoreAudio
	Data     []byte        // never empty
	Owner    Releaser
}

// Releaser gets a packet's memory back.
type Releaser interface{ Release() }

// itemKind is what an item of a lane becomes on the wire.
type itemKind uint8

const (
	itemFrame  itemKind = iota
	itemConfig          // sequence start
)

type item struct {
	Packet
	kind itemKind
	at   time.Time // enqueued; once ready: when it became that
}

func (it *item) release() {
	if it.Owner != nil {
		it.Owner.Release()
		it.Owner = nil
	}
	it.Data = nil
}

// lane is the queue of one kind of media, in the order of writing. The first ready
// items may be sent; the others wait for the other lane, so that the stream leaves
// in the order of DTS.
type lane struct {
	items  []item // a ring: head and n; it grows to what the limits let in
	head   int
	n      int
	ready  int
	bytes  int
	used   bool          // the track exists and is written to
	last   time.Duration // largest DTS written
	wrote  time.Time     // when that was
	exists bool
}

func (l *lane) at(i int) *item { return &l.items[(l.head+i)%len(l.items)] }

func (l *lane) push(it item) {
	if l.n == len(l.items) {
		bigger := make([]item, max(64, 2*len(l.items)))
		for i := range l.n {
			bigger[i] = *l.at(i)
		}
		l.items, l.head = bigger, 0
	}
	l.n++
	*l.at(l.n - 1) = it
	l.bytes += len(it.Data)
}

func (l *lane) pop() item {
	it := *l.at(0)
	*l.at(0) = item{}
	l.head = (l.head + 1) % len(l.items)
	l.n--
	l.ready = max(0, l.ready-1)
	l.bytes -= len(it.Data)
	return it
}

// remove releases the frames from the i-th to before the j-th and tells how many
// they were. Of configurations among them the last one of each track stays.
func (l *lane) remove(i, j int) (dropped int) {
	out, ready := i, min(l.ready, i)
	for k := i; k < l.n; k++ {
		it := *l.at(k)
		if k < j && (it.kind == itemFrame || l.superseded(k, j)) {
			if it.kind == itemFrame {
				dropped++
			}
			l.bytes -= len(it.Data)
			it.release()
			continue
		}
		*l.at(out) = it
		out++
		if k < l.ready {
			ready++
		}
	}
	for k := out; k < l.n; k++ {
		*l.at(k) = item{}
	}
	l.n, l.ready = out, ready
	return dropped
}

func (l *lane) superseded(k, j int) bool {
	for m := k + 1; m < j; m++ {
		if it := l.at(m); it.kind == itemConfig && it.Track == l.at(k).Track {
			return true
		}
	}
	return false
}

// settle marks as ready what does not have to wait for the other lane any more.
func (l *lane) settle(other *lane, hold time.Duration, now time.Time, all bool) {
	free := all || hold < 0 || !other.exists || now.Sub(other.wrote) >= hold
	for l.ready < l.n {
		it := l.at(l.ready)
		if !free && (!other.used || it.DTS > other.last) && now.Sub(it.at) < hold {
			return
		}
		it.at = now
		l.ready++
	}
}

// age is how long the first item has been ready to be sent.
func (l *lane) age(now time.Time) time.Duration {
	if l.ready == 0 {
		return 0
	}
	return now.Sub(l.at(0).at)
}

// queued is what the drop policy looks at when size bytes arrive. Key frames count
// only when there is one track, as each track has its own.
func (l *lane) queued(now time.Time, oneTrack bool, size, maxBytes int, maxAge time.Duration) queued {
	q := queued{n: l.n, bytes: l.bytes, age: l.age(now), lastKey: -1}
	if q.bytes+size <= maxBytes && q.age <= maxAge {
		return q // nothing will be dropped
	}
	for i := l.n - 1; oneTrack && i >= 0; i-- {
		it := l.at(i)
		q.keyBytes += len(it.Data)
		if it.Key {
			q.lastKey = i
			break
		}
	}
	return q
}

// DropCause is why a video frame was not sent.
type DropCause uint8

const (
	DropBytes     DropCause = iota // QueueBytes was exceeded
	DropAge                        // QueueTime was exceeded
	DropUntilKey                   // it depends on a dropped frame, or came before the first key frame
	numDropCauses = iota
)

// dropPlan is what a frame that arrives at the video lane does to it.
type dropPlan struct {
	from, to int  // queued frames to drop
	accept   bool // take the arriving frame
	cause    DropCause
}

// queued is what the drop policy sees of a lane: the last key frame that waits,
// or -1, and the sums.
type queued struct {
	n, bytes int
	age      time.Duration
	lastKey  int
	keyBytes int // of the items from lastKey on
}

// planDrop is the policy: what waits for the network is bounded in bytes and in
// age. When a bound is exceeded,
//   - a key frame replaces everything that waits;
//   - another frame makes way to the last key frame that waits, and if that is not
//     enough, that key frame stays alone and frames are dropped until the next one.
//
// A frame is always taken when nothing waits, whatever its size.
func planDrop(q queued, size int, key, waitKey bool, maxBytes int, maxAge time.Duration) dropPlan {
	if waitKey && !key {
		return dropPlan{cause: DropUntilKey}
	}
	cause := DropBytes
	switch {
	case q.n == 0:
		return dropPlan{accept: true}
	case q.bytes+size > maxBytes:
	case q.age > maxAge:
		cause = DropAge
	default:
		return dropPlan{accept: true}
	}
	switch {
	case key:
		return dropPlan{0, q.n, true, cause}
	case q.lastKey > 0 && q.keyBytes+size <= maxBytes:
		return dropPlan{0, q.lastKey, true, cause}
	case q.lastKey >= 0:
		return dropPlan{q.lastKey + 1, q.n, false, cause}
	}
	return dropPlan{0, q.n, false, cause}
}
