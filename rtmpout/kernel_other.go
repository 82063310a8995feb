//go:build !linux && !darwin

package rtmpout

import (
	"net"
	"time"
)

// kernelSocket would ask the kernel about a TCP connection; here it cannot.
type kernelSocket struct{}

func (k *kernelSocket) init(net.Conn) {}

func (k *kernelSocket) unsent() (n int, ok bool) { return 0, false }

type path struct {
	rtt      time.Duration
	delivery int
}

func (k *kernelSocket) path() (path, bool) { return path{}, false }

func (k *kernelSocket) limitUnsent(int) {}
