package rtmptest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
)

// FreeAddress is an address of this machine, as host:port, on which nobody listens:
// for a server in a program of its own, or to be refused at. Its port is none that
// systems give to those that ask for any, so that nobody has it before it is used.
func FreeAddress() (string, error) {
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(22000))
		if l, err := net.Listen("tcp", address); err == nil {
			return address, l.Close()
		}
	}
	return "", errors.New("rtmptest: no port is free")
}
