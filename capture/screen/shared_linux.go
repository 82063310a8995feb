package screen

import (
	"runtime"
	"sync"
	"unsafe"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"golang.org/x/sys/unix"

	"tally/capture"
)

// sharedMemory is where frames lie that the X server writes. It does not know of the
// pool that hands the frames out, so that both end with the capture, except for frames
// that a reader keeps for longer.
type sharedMemory struct {
	conn *xgb.Conn

	mu       sync.Mutex
	segments map[*byte]*segment // by their first byte
	failed   bool
}

// segment is a piece of shared memory.
type segment struct {
	id    shm.Seg // the server's name for it
	data  []byte
	owned bool // its frame's end is watched
}

// readAhead is room behind a picture: vector code may read a little too far.
const readAhead = 64

func (m *sharedMemory) pool(width, height int) *capture.FramePool {
	return capture.NewFramePoolFrom(capture.BGRA, width, height, m.alloc)
}

// alloc is called by the pool for a new frame. Where sharing fails, as with a server
// on another machine, the memory is not shared, and segment knows.
func (m *sharedMemory) alloc(size int) []byte {
	s, err := m.share(size + readAhead)
	if err != nil {
		m.failed = true
		return make([]byte, size)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.segments[unsafe.SliceData(s.data)] = s
	return s.data[:size:size]
}

func (m *sharedMemory) share(size int) (*segment, error) {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|0o600)
	if err != nil {
		return nil, err
	}
	// Removed as soon as both sides have it: then it ends with them, whatever happens.
	defer unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	data, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		return nil, err
	}
	name, err := shm.NewSegId(m.conn)
	if err == nil {
		err = shm.AttachChecked(m.conn, name, uint32(id), false).Check()
	}
	if err != nil {
		_ = unix.SysvShmDetach(data)
		return nil, err
	}
	return &segment{id: name, data: data}, nil
}

// of is the segment that a frame lies in, or nil.
func (m *sharedMemory) of(f *capture.Frame) *segment {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.segments[unsafe.SliceData(f.Plane[0])]
	if s != nil && !s.owned {
		s.owned = true
		runtime.AddCleanup(f, m.release, s)
	}
	return s
}

// release gives a segment back when nobody can see its frame any more.
func (m *sharedMemory) release(s *segment) {
	m.mu.Lock()
	delete(m.segments, unsafe.SliceData(s.data))
	m.mu.Unlock()
	shm.Detach(m.conn, s.id) // does nothing once the connection has ended
	_ = unix.SysvShmDetach(s.data)
}
