package rtmpout

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kernelSocket asks the kernel about a TCP connection. Its methods return false
// for connections that are no sockets.
type kernelSocket struct {
	raw syscall.RawConn

	askNotSent func(fd uintptr) // made once, as it is called for every write
	answer     int
	answered   bool
}

func (k *kernelSocket) init(conn net.Conn) {
	c, ok := conn.(*net.TCPConn)
	if !ok {
		return
	}
	k.raw, _ = c.SyscallConn()
	k.askNotSent = func(fd uintptr) {
		n, err := unix.IoctlGetInt(int(fd), unix.SIOCOUTQNSD)
		k.answer, k.answered = n, err == nil
	}
}

// notSent is how many written bytes have not been sent for the first time
// (SIOCOUTQNSD). It is for the writer only.
func (k *kernelSocket) notSent() (int, bool) {
	if k.raw == nil || k.raw.Control(k.askNotSent) != nil {
		return 0, false
	}
	return k.answer, k.answered
}

func (k *kernelSocket) control(f func(fd int)) bool {
	return k.raw != nil && k.raw.Control(func(fd uintptr) { f(int(fd)) }) == nil
}

// unsent is how many written bytes the peer's TCP has not confirmed yet
// (SIOCOUTQ).
func (k *kernelSocket) unsent() (n int, ok bool) {
	k.control(func(fd int) {
		v, err := unix.IoctlGetInt(fd, unix.TIOCOUTQ)
		n, ok = v, err == nil
	})
	return n, ok
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

// limitUnsent makes the kernel take new bytes only while fewer than n wait to be
// sent for the first time, so that what is urgent does not queue behind them.
func (k *kernelSocket) limitUnsent(n int) {
	k.control(func(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NOTSENT_LOWAT, n) })
}
