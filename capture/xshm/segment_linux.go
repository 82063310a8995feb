package xshm

import (
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/shm"
	"golang.org/x/sys/unix"
)

// Segment is a piece of shared memory. It ends with both sides, whatever happens to
// either, or with Detach.
type Segment struct {
	ID   shm.Seg // the server's name for it
	Data []byte  // as many bytes as were asked for
	conn *xgb.Conn
}

// Share makes one of that many bytes. The caller has called shm.Init. It fails where
// the server is on another machine, with what it or the kernel says.
func Share(conn *xgb.Conn, size int, readOnly bool) (*Segment, error) {
	id, err := unix.SysvShmGet(unix.IPC_PRIVATE, size, unix.IPC_CREAT|0o600)
	if err != nil {
		return nil, err
	}
	// Removed as soon as both sides have it: then it ends with them.
	defer unix.SysvShmCtl(id, unix.IPC_RMID, nil)
	data, err := unix.SysvShmAttach(id, 0, 0)
	if err != nil {
		return nil, err
	}
	name, err := shm.NewSegId(conn)
	if err == nil {
		err = shm.AttachChecked(conn, name, uint32(id), readOnly).Check()
	}
	if err != nil {
		_ = unix.SysvShmDetach(data)
		return nil, err
	}
	return &Segment{name, data, conn}, nil
}

// Detach gives it back, after what the server was asked to do with it before. Nobody
// may touch Data any more.
func (s *Segment) Detach() {
	shm.Detach(s.conn, s.ID) // does nothing once the connection has ended
	_ = unix.SysvShmDetach(s.Data)
}
