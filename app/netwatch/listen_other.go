//go:build !linux

package netwatch

import (
	"context"
	"fmt"
	"net"
	"slices"
	"time"
)

// listen compares the interfaces and their addresses twice a second.
func listen(ctx context.Context, event func()) error {
	look := time.NewTicker(500 * time.Millisecond)
	defer look.Stop()
	last := state()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
		if now := state(); !slices.Equal(now, last) {
			last = now
			event()
		}
	}
}

// state is every address with its interface's flags, as text.
func state() []string {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var list []string
	for _, i := range interfaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			list = append(list, fmt.Sprint(i.Name, i.Flags, a))
		}
	}
	slices.Sort(list)
	return list
}
