package desktop

import (
	"context"
	"time"

	"github.com/godbus/dbus/v5"
)

// trayPatience bounds the question whether there is a tray.
const trayPatience = time.Second

// hasTray tells whether this desktop has a tray. Without one, Fyne would complain
// about it, and without a bus it would start one.
func hasTray() bool {
	ctx, cancel := context.WithTimeout(context.Background(), trayPatience)
	defer cancel()
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer conn.Close()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return false
	}
	var there bool
	err = conn.BusObject().CallWithContext(ctx, "org.freedesktop.DBus.NameHasOwner", 0, "org.kde.StatusNotifierWatcher").Store(&there)
	return err == nil && there
}
