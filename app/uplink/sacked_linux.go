package uplink

import (
	"net"

	"golang.org/x/sys/unix"
)

// sacked is how many bytes of a connection have reached the other end, and are not
// confirmed yet only because some before them were lost.
func sacked(c net.Conn) (n int) {
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return 0
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return 0
	}
	_ = raw.Control(func(fd uintptr) { // a connection that is closed has none
		if info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			n = int(info.Sacked) * int(info.Snd_mss)
		}
	})
	return n
}
