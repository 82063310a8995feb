//go:build !linux && !darwin

package rtmpout

import (
	"net"
	"time"
)

// kernelSocket would ask the kernel about a TCP connection; here it cannot.
type kernelSocket struct{}

func (k *kernelSocket) init(net.Conn) {}

// room would be how many written bytes have not been sent for the first time, and how
// many more may be sent at once.
func (k *kernelSocket) room() (notSent, window int, ok bool) { return 0, 0, false }

func (k *kernelSocket) waitWritable() error { return nil }

func (k *kernelSocket) unsent() (n int, ok bool) { return 0, false }

type path struct {
	rtt time.Duration
}

func (k *kernelSocket) path() (path, bool) { return path{}, false }

func (k *kernelSocket) wakeAt(int) {}
