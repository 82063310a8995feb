package rtmpout

import (
	"net"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// kernelSocket asks the kernel about a TCP connection. Its methods return false
// for connections that are no sockets.
type kernelSocket struct{ raw syscall.RawConn }

func (k *kernelSocket) init(conn net.Conn) {
	if c, ok := conn.(*net.TCPConn); ok {
		k.raw, _ = c.SyscallConn()
	}
}

func (k *kernelSocket) control(f func(fd int)) bool {
	return k.raw != nil && k.raw.Control(func(fd uintptr) { f(int(fd)) }) == nil
}

// soNWrite is SO_NWRITE of <sys/socket.h>: bytes in the send buffer.
const soNWrite = 0x1024

// tcpNotSentLowat is TCP_NOTSENT_LOWAT of <netinet/tcp.h>.
const tcpNotSentLowat = 0x201

// room would be how many written bytes have not been sent for the first time, and how
// many more may be sent at once.
func (k *kernelSocket) room() (notSent, window int, ok bool) { return 0, 0, false }

func (k *kernelSocket) waitWritable() error { return nil }

func (k *kernelSocket) unsent() (n int, ok bool) {
	k.control(func(fd int) {
		v, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, soNWrite)
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
		info, err := unix.GetsockoptTCPConnectionInfo(fd, unix.IPPROTO_TCP, unix.TCP_CONNECTION_INFO)
		if err != nil {
			return
		}
		p.rtt = time.Duration(info.Srtt) * time.Millisecond
		ok = true
	})
	return p, ok
}

// wakeAt makes the kernel take new bytes only while little of a blind batch waits to
// be sent for the first time, so that what is urgent does not queue behind it.
func (k *kernelSocket) wakeAt(n int) {
	k.control(func(fd int) { unix.SetsockoptInt(fd, unix.IPPROTO_TCP, tcpNotSentLowat, max(2*n, blindBatch)) })
}
