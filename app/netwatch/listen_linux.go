package netwatch

import (
	"context"
	"encoding/binary"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// listen subscribes to rtnetlink(7).
func listen(ctx context.Context, event func()) error {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netwatch: open rtnetlink: %w", err)
	}
	defer unix.Close(fd)
	groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE)
	if err := unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}); err != nil {
		return fmt.Errorf("netwatch: subscribe to rtnetlink: %w", err)
	}
	// A receive that times out is how the end of ctx is seen.
	timeout := unix.NsecToTimeval(int64(250 * time.Millisecond))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return fmt.Errorf("netwatch: set the time-out of rtnetlink: %w", err)
	}
	buf := make([]byte, 64<<10)
	for ctx.Err() == nil {
		n, _, err := unix.Recvfrom(fd, buf, 0)
		switch err {
		case nil:
			if tells(buf[:n]) {
				event()
			}
		case unix.ENOBUFS: // so many events that some were lost
			event()
		case unix.EAGAIN, unix.EINTR:
		default:
			return fmt.Errorf("netwatch: read rtnetlink: %w", err)
		}
	}
	return ctx.Err()
}

// tells whether a datagram has a change in it that matters. What cannot be read
// does.
func tells(datagram []byte) bool {
	messages, err := syscall.ParseNetlinkMessage(datagram)
	if err != nil {
		return true
	}
	for i := range messages {
		switch m := &messages[i]; m.Header.Type {
		case unix.RTM_NEWLINK, unix.RTM_DELLINK, unix.RTM_NEWADDR, unix.RTM_DELADDR:
			return true
		case unix.RTM_NEWROUTE, unix.RTM_DELROUTE:
			// Routes of the kernel's own table "local" follow addresses; those that
			// it clones for single hosts come and go all the time.
			if len(m.Data) >= unix.SizeofRtMsg && m.Data[4] != unix.RT_TABLE_LOCAL && binary.NativeEndian.Uint32(m.Data[8:])&unix.RTM_F_CLONED == 0 {
				return true
			}
		}
	}
	return false
}
