package screen

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/jezek/xgb"

	"tally/capture"
	"tally/capture/xshm"
)

// sharedMemory is where frames lie that the X server writes. It does not know of the
// pool that hands the frames out, so that both end with the capture, except for frames
// that a reader keeps for longer.
type sharedMemory struct {
	conn *xgb.Conn

	mu       sync.Mutex
	segments map[*byte]*segment // by their first byte
	failed   bool               // it cannot be had here
}

// segment is a piece of shared memory.
type segment struct {
	*xshm.Segment
	owned bool // its frame's end is watched
}

// newSharedMemory is for frames of d's pictures. The server's names of segments mean the
// same on every connection; they end with d's.
func newSharedMemory(d *display) *sharedMemory {
	return &sharedMemory{conn: d.conn, segments: map[*byte]*segment{}, failed: !d.shm}
}

// readAhead is room behind a picture: vector code may read a little too far.
const readAhead = 64

func (m *sharedMemory) pool(width, height int) *capture.FramePool {
	return capture.NewFramePoolFrom(capture.BGRA, width, height, m.alloc)
}

// alloc is called by the pool for a new frame. Where sharing fails, as with a server
// on another machine, the memory is not shared, and segmentOf knows.
func (m *sharedMemory) alloc(size int) []byte {
	if m.failed {
		return make([]byte, size)
	}
	shared, err := xshm.Share(m.conn, size+readAhead, false)
	if err != nil {
		m.failed = true
		return make([]byte, size)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.segments[unsafe.SliceData(shared.Data)] = &segment{Segment: shared}
	return shared.Data[:size:size]
}

// segmentOf is the server's name of the segment that a frame lies in, or 0.
func (m *sharedMemory) segmentOf(f *capture.Frame) uint32 {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.segments[unsafe.SliceData(f.Plane[0])]
	if s == nil {
		return 0
	}
	if !s.owned {
		s.owned = true
		runtime.AddCleanup(f, m.release, s)
	}
	return uint32(s.ID)
}

// release gives a segment back when nobody can see its frame any more.
func (m *sharedMemory) release(s *segment) {
	m.mu.Lock()
	delete(m.segments, unsafe.SliceData(s.Data))
	m.mu.Unlock()
	s.Detach()
}
