package rtmpout

import (
	"net"
	"os"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// kernelSocket asks the kernel about a TCP connection. Its methods return false
// for connections that are no sockets.
type kernelSocket struct {
	raw syscall.RawConn

	// Made once, as they are used for every write.
	ask      func(fd uintptr)
	writable func(fd uintptr) bool
	info     unix.TCPInfo
	infoSize uint32 // how much of info the kernel knows
	poll     [1]unix.PollFd

	mu     sync.Mutex       // guards queued
	count  func(fd uintptr) // made once, too
	queued int32            // bytes; -1: the kernel does not say
}

func (k *kernelSocket) init(conn net.Conn) {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	k.raw, _ = c.SyscallConn()
	k.ask = func(fd uintptr) {
		// unix.GetsockoptTCPInfo allocates.
		k.infoSize = uint32(unsafe.Sizeof(k.info))
		_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, fd, unix.IPPROTO_TCP, unix.TCP_INFO,
			uintptr(unsafe.Pointer(&k.info)), uintptr(unsafe.Pointer(&k.infoSize)), 0)
		if errno != 0 {
			k.infoSize = 0
		}
	}
	k.count = func(fd uintptr) {
		// So does unix.IoctlGetInt.
		if _, _, errno := unix.Syscall(unix.SYS_IOCTL, fd, unix.TIOCOUTQ, uintptr(unsafe.Pointer(&k.queued))); errno != 0 {
			k.queued = -1
		}
	}
	k.writable = func(fd uintptr) bool {
		// With nothing to say, poll makes the kernel tell the runtime when it changes.
		k.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
		n, err := unix.Poll(k.poll[:], 0)
		return n > 0 || err != nil && err != unix.EINTR && err != unix.EAGAIN
	}
}

// room is how many written bytes have not been sent for the first time, and how many
// more the congestion window and the peer's window let go at once. It is for the
// writer only.
func (k *kernelSocket) room() (notSent, window int, ok bool) {
	if k.raw == nil || k.raw.Control(k.ask) != nil || uintptr(k.infoSize) < unsafe.Offsetof(k.info.Snd_wnd)+unsafe.Sizeof(k.info.Snd_wnd) {
		return 0, 0, false
	}
	i := &k.info
	segments := int(i.Snd_cwnd) - (int(i.Unacked) + int(i.Retrans) - int(i.Sacked) - int(i.Lost))
	flight := int(i.Bytes_sent - i.Bytes_retrans - i.Bytes_acked)
	return int(i.Notsent_bytes), max(0, min(segments*int(i.Snd_mss), int(i.Snd_wnd)-flight)), true
}

// waitWritable waits until no more bytes are unsent than wakeAt says, or the write
// deadline is over.
func (k *kernelSocket) waitWritable() error {
	if err := k.raw.Write(k.writable); err != nil {
		return err
	}
	if k.poll[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0 {
		return &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("poll", unix.EPIPE)}
	}
	return nil
}

func (k *kernelSocket) control(f func(fd int)) bool {
	return k.raw != nil && k.raw.Control(func(fd uintptr) { f(int(fd)) }) == nil
}

// unsent is how many written bytes the peer's TCP has not confirmed yet
// (SIOCOUTQ). It is for everybody.
func (k *kernelSocket) unsent() (n int, ok bool) {
	if k.raw == nil {
		return 0, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.queued = 0
	if k.raw.Control(k.count) != nil || k.queued < 0 {
		return 0, false
	}
	return int(k.queued), true
}

// path is TCP's own view of the way to the server.
type path struct {
	rtt time.Duration
}

func (k *kernelSocket) path() (p path, ok bool) {
	k.control(func(fd int) {
		info, err := unix.GetsockoptTCPInfo(fd, unix.IPPROTO_TCP, unix.TCP_INFO)
		if err != nil {
			return
		}
		p = path{time.Duration(info.Rtt) * time.Microsecond}
		ok = true
	})
	return p, ok
}

// wakeAt says at how many unsent bytes waitWritable ends (TCP_NOTSENT_LOWAT). Nor
// does a write add a segment to more than about twice as many.
func (k *kernelSocket) wakeAt(n int) {
	// poll tells of a socket with less than half of the limit unsent.
	k.control(func(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, 2*n+1) })
}
