package microphone

import (
	"sync/atomic"
	"time"
	"unsafe"
)

// ring carries sound from the device's thread to Run: one writer, one reader,
// atomics and nothing else. It holds two seconds; what does not fit, because Run
// was held up for longer, is left out, and its place in time stays empty.
type ring struct {
	channels int
	samples  []float32
	blocks   [512]block
	ready    atomic.Bool // prepared

	// Positions count frames since the start, blocks too, and never wrap.
	written, taken   atomic.Int64 // blocks
	freed            atomic.Int64 // frames that the reader is done with
	position, stored int64        // the writer's own: frames seen, frames stored
	dropped          atomic.Int64 // frames left out
}

// block is what one callback brought.
type block struct {
	position int64 // frames from the start of the device to the first of these
	at       int64 // frames from the start of what was stored: where they are
	frames   int
	arrived  time.Time
}

const ringSeconds = 2

// prepare is called before the device is started.
func (r *ring) prepare(rate, channels int) {
	r.channels = channels
	r.samples = make([]float32, ringSeconds*rate*channels)
	r.ready.Store(true)
}

// write is called on the device's thread.
func (r *ring) write(in []byte, frames int) {
	now := time.Now()
	if !r.ready.Load() || frames <= 0 || len(in) < 4*frames*r.channels {
		return
	}
	position := r.position
	r.position += int64(frames)
	n := r.written.Load()
	room := int64(len(r.samples)/r.channels) - (r.stored - r.freed.Load())
	if n-r.taken.Load() >= int64(len(r.blocks)) || int64(frames) > room {
		r.dropped.Add(int64(frames))
		return
	}
	values := unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(in))), frames*r.channels)
	start := int(r.stored * int64(r.channels) % int64(len(r.samples)))
	copied := copy(r.samples[start:], values)
	copy(r.samples, values[copied:])
	r.blocks[n%int64(len(r.blocks))] = block{position: position, at: r.stored, frames: frames, arrived: now}
	r.stored += int64(frames)
	r.written.Store(n + 1)
}

// next is the oldest block that was neither read nor discarded.
func (r *ring) next() (block, bool) {
	n := r.taken.Load()
	if n == r.written.Load() {
		return block{}, false
	}
	return r.blocks[n%int64(len(r.blocks))], true
}

// read copies block b, of more channels than to has room for the first ones, and
// frees it.
func (r *ring) read(b block, to []float32) {
	size := len(r.samples)
	from := int(b.at * int64(r.channels) % int64(size))
	if kept := len(to) / b.frames; kept == r.channels {
		n := copy(to, r.samples[from:min(size, from+len(to))])
		copy(to[n:], r.samples)
	} else {
		for i := range b.frames {
			for c := range kept {
				to[i*kept+c] = r.samples[(from+i*r.channels+c)%size]
			}
		}
	}
	r.discard(b)
}

// discard frees block b.
func (r *ring) discard(b block) {
	r.freed.Store(b.at + int64(b.frames))
	r.taken.Add(1)
}
