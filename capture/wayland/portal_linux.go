package wayland

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/godbus/dbus/v5"

	"tally/capture"
	"tally/capture/portal"
)

// Devices is one device where the desktop has a portal, and else [ErrNoPortal].
func Devices(ctx context.Context) ([]capture.Device, error) {
	conn, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	var running bool
	var known []string
	bus := conn.BusObject()
	if err := bus.CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, portal.Name).Store(&running); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrNoPortal, err)
	}
	if !running {
		err := bus.CallWithContext(ctx, "org.freedesktop.DBus.ListActivatableNames", 0).Store(&known)
		if err != nil || !slices.Contains(known, portal.Name) {
			return nil, ErrNoPortal
		}
	}
	return []capture.Device{{Kind: capture.KindScreen, ID: DeviceID, Name: "A screen or window, chosen when the desktop asks", Default: true}}, nil
}

// connect reaches the session's message bus, until ctx ends. It never starts one.
func connect(ctx context.Context) (*dbus.Conn, error) {
	address := os.Getenv("DBUS_SESSION_BUS_ADDRESS")
	if address == "" {
		socket := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")
		if _, err := os.Stat(socket); err != nil || !filepath.IsAbs(socket) {
			return nil, ErrNoPortal
		}
		address = "unix:path=" + socket
	}
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w (%w)", ErrNoPortal, err)
	}
	return conn, nil
}
