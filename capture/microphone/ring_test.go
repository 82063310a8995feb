package microphone

import (
	"testing"
	"time"
	"unsafe"
)

func bytesOf(f []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(f))), 4*len(f))
}

// TestRingKeepsOrder writes and reads at once, in blocks of changing size, and looks at
// each sample. Under the race detector it also holds that the two sides agree.
func TestRingKeepsOrder(t *testing.T) {
	for _, channels := range []int{1, 2, 6} {
		r := &ring{}
		r.prepare(8000, channels)
		const blocks = 3000
		go func() {
			value := 0
			for n := range blocks {
				frames := 1 + n%160
				for r.stored-r.freed.Load() > 8000 || r.written.Load()-r.taken.Load() > 400 {
					time.Sleep(time.Millisecond) // a real device would lose it
				}
				in := make([]float32, frames*channels)
				for i := range frames {
					for c := range channels {
						in[i*channels+c] = float32(value%65536*8 + c)
					}
					value++
				}
				r.write(bytesOf(in), frames)
			}
		}()
		value, position := 0, int64(0)
		for n := 0; n < blocks; {
			b, ok := r.next()
			if !ok {
				time.Sleep(100 * time.Microsecond)
				continue
			}
			n++
			if b.position != position {
				t.Fatalf("%d channels: block at %d, want %d", channels, b.position, position)
			}
			position += int64(b.frames)
			kept := min(channels, 2)
			out := make([]float32, b.frames*kept)
			r.read(b, out)
			for i := range b.frames {
				for c := range kept {
					if want := float32(value%65536*8 + c); out[i*kept+c] != want {
						t.Fatalf("%d channels: frame %d channel %d is %v, want %v", channels, value, c, out[i*kept+c], want)
					}
				}
				value++
			}
		}
		if r.dropped.Load() != 0 {
			t.Errorf("%d channels: %d frames dropped", channels, r.dropped.Load())
		}
	}
}

// TestRingOverflow fills the ring without reading: what does not fit is left out whole,
// and what comes later keeps its place in time.
func TestRingOverflow(t *testing.T) {
	r := &ring{}
	r.prepare(8000, 1)
	in := make([]float32, 80)
	for range 1000 { // ten seconds
		r.write(bytesOf(in), 80)
	}
	if got := r.dropped.Load(); got != 80*(1000-200) {
		t.Errorf("%d frames dropped", got)
	}
	read := 0
	for b, ok := r.next(); ok; b, ok = r.next() {
		r.discard(b)
		read += b.frames
	}
	if read != 2*8000 {
		t.Errorf("%d frames kept", read)
	}
	r.write(bytesOf(in), 80)
	if b, ok := r.next(); !ok || b.position != 80*1000 {
		t.Errorf("the next block is at %d, %v", b.position, ok)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	r := &ring{}
	r.prepare(48000, 2)
	in := bytesOf(make([]float32, 960))
	out := make([]float32, 960)
	if n := testing.AllocsPerRun(100, func() {
		r.write(in, 480)
		b, _ := r.next()
		r.read(b, out)
	}); n != 0 {
		t.Errorf("%v allocations for a block", n)
	}
	r.write(in[:100], 480) // less than it says
	if b, ok := r.next(); ok {
		t.Errorf("a short block was taken: %+v", b)
	}
}
