package apptest

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
)

// Bus is a message bus of a test's own, which stands for the desktop's and the
// system's, and a place to write down what the services on it are asked.
type Bus struct {
	Address string
	Conn    *dbus.Conn // the test's own

	mu    sync.Mutex
	calls []string
}

// StartBus starts one, without any services.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	Need(t, "dbus-daemon")
	home := t.TempDir()
	b := &Bus{Address: "unix:path=" + filepath.Join(home, "bus")}
	Start(t, Env(home), "dbus-daemon", "--session", "--nofork", "--address="+b.Address)
	Until(t, 10*time.Second, "the message bus", func() bool {
		var err error
		b.Conn, err = dbus.Connect(b.Address)
		return err == nil
	})
	t.Cleanup(func() { b.Conn.Close() })
	return b
}

// Env is how programs find the bus.
func (b *Bus) Env() []string {
	return []string{"DBUS_SESSION_BUS_ADDRESS=" + b.Address, "DBUS_SYSTEM_BUS_ADDRESS=" + b.Address}
}

// Offer puts a service on the bus.
func (b *Bus) Offer(t testing.TB, name, path, iface string, service any) {
	t.Helper()
	if err := b.Conn.Export(service, dbus.ObjectPath(path), iface); err != nil {
		t.Fatal(err)
	}
	if reply, err := b.Conn.RequestName(name, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("%s: %v, %v", name, reply, err)
	}
}

// Note writes down a call.
func (b *Bus) Note(format string, args ...any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, fmt.Sprintf(format, args...))
}

// Noted is what was written down so far.
func (b *Bus) Noted() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Join(b.calls, "; ")
}

// WaitFor waits until a call was written down.
func (b *Bus) WaitFor(t testing.TB, call string, within time.Duration) {
	t.Helper()
	Until(t, within, call, func() bool { return strings.Contains(b.Noted(), call) })
}

// ScreenSaver is that of a desktop: it writes down who wants it to be quiet.
type ScreenSaver struct{ Bus *Bus }

// OfferScreenSaver puts one on the bus.
func (b *Bus) OfferScreenSaver(t testing.TB) {
	t.Helper()
	b.Offer(t, "org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver", "org.freedesktop.ScreenSaver", ScreenSaver{b})
}

// Inhibit is called over the bus.
func (s ScreenSaver) Inhibit(name, why string) (uint32, *dbus.Error) {
	s.Bus.Note("saver %s, %s", name, why)
	return 7, nil
}

// UnInhibit is called over the bus.
func (s ScreenSaver) UnInhibit(cookie uint32) *dbus.Error {
	s.Bus.Note("saver let go %d", cookie)
	return nil
}
