// Package awake keeps the computer from sleeping, and its screen from going dark,
// while a show is on. Start at [Run].
//
// It asks whoever may have a say: the desktop's portal, or where there is none its
// screen saver; the service that puts the machine to sleep; and the X server,
// which darkens the screen by itself where no desktop does. Each of them lets go
// by itself when Tally is gone, however it ended. Where nobody is there to be
// asked, as on other systems than Linux, the show goes on without.
package awake

import (
	"context"
	"os"
	"sync"
	"time"

	"github.com/godbus/dbus/v5"

	"tally/capture/portal"
)

const (
	// patience bounds each question to a service, which may hang.
	patience = 3 * time.Second
	// goodbye bounds the last words with one: closing the connection says the same.
	goodbye = 500 * time.Millisecond
)

const program = "Tally"

// Run keeps the computer awake until ctx ends. The desktop may show why. It
// returns when everything is let go.
func Run(ctx context.Context, why string) {
	var holders sync.WaitGroup
	defer holders.Wait()
	holders.Go(func() {
		hold(ctx, dbus.SessionBusPrivateNoAutoStartup, func(ctx context.Context, c *dbus.Conn) func() {
			if letGo := inhibit(ctx, c, why); letGo != nil {
				return letGo
			}
			return screenSaver(ctx, c, why)
		})
	})
	holders.Go(func() {
		hold(ctx, dbus.SystemBusPrivate, func(ctx context.Context, c *dbus.Conn) func() { return login(ctx, c, why) })
	})
	holders.Go(func() { screen(ctx) })
}

// hold connects, asks, and stays connected until ctx ends. ask returns how to let
// go, or nil when there is nothing to hold. An answer that is on its way when ctx
// ends is waited for: what it gives can be let go only with what it says.
func hold(ctx context.Context, connect func(...dbus.ConnOption) (*dbus.Conn, error), ask func(context.Context, *dbus.Conn) func()) {
	link, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	answered := context.AfterFunc(ctx, func() { time.AfterFunc(goodbye, cut) })
	conn, err := connect(dbus.WithContext(link))
	if err != nil {
		return
	}
	defer conn.Close()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return
	}
	letGo := ask(link, conn)
	if letGo == nil {
		return
	}
	answered()
	<-ctx.Done()
	letGo()
}

// Bits of org.freedesktop.portal.Inhibit.
const (
	inhibitSuspend = 4
	inhibitIdle    = 8
)

// inhibit asks the desktop in its newest way, which works in a sandbox as well. One
// that cannot keep the computer awake, as with the portal's GTK part on a desktop other
// than GNOME, may still keep the screen from going dark.
func inhibit(ctx context.Context, c *dbus.Conn, why string) (letGo func()) {
	answers := make(chan *dbus.Signal, 16)
	if portal.Register(ctx, patience, c) != nil || portal.Listen(ctx, c, answers) != nil { // it may list who keeps it awake
		return nil
	}
	defer c.RemoveSignal(answers)
	for _, what := range []uint32{inhibitSuspend | inhibitIdle, inhibitIdle} {
		var request dbus.ObjectPath
		err := portal.Call(ctx, patience, c, portal.Path, "org.freedesktop.portal.Inhibit.Inhibit", &request, "", what,
			portal.Options{"reason": dbus.MakeVariant(why)})
		if err != nil {
			return nil
		}
		if !refused(ctx, answers, request) {
			return func() {
				_ = portal.Call(context.Background(), goodbye, c, request, "org.freedesktop.portal.Request.Close", nil)
			}
		}
	}
	return nil
}

// refused waits for the answer to a request. A portal that gives none in time is taken
// to do what it was asked.
func refused(ctx context.Context, answers <-chan *dbus.Signal, request dbus.ObjectPath) bool {
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for {
		select {
		case signal, ok := <-answers:
			if !ok {
				return false // the connection has ended, and with it what it held
			}
			if signal.Name == portal.Response && signal.Path == request {
				code, _, err := portal.Answer(signal)
				return err == nil && code != portal.Granted
			}
		case <-limit.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
}

// screenSaver asks in the way that older desktops know.
func screenSaver(ctx context.Context, c *dbus.Conn, why string) (letGo func()) {
	saver := c.Object("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver")
	var cookie uint32
	if call(ctx, patience, saver, "org.freedesktop.ScreenSaver.Inhibit", &cookie, program, why) != nil {
		return nil
	}
	return func() {
		_ = call(context.Background(), goodbye, saver, "org.freedesktop.ScreenSaver.UnInhibit", nil, cookie)
	}
}

// login asks systemd, which works without a desktop. It holds while the file that
// it answers with is open.
func login(ctx context.Context, c *dbus.Conn, why string) (letGo func()) {
	var lock dbus.UnixFD
	err := call(ctx, patience, c.Object("org.freedesktop.login1", "/org/freedesktop/login1"),
		"org.freedesktop.login1.Manager.Inhibit", &lock, "sleep:idle", program, why, "block")
	if err != nil {
		return nil
	}
	file := os.NewFile(uintptr(lock), "inhibitor")
	return func() { _ = file.Close() }
}

// call asks once, and puts the answer where result points, unless that is nil.
func call(ctx context.Context, within time.Duration, o dbus.BusObject, method string, result any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer := o.CallWithContext(ctx, method, 0, args...)
	if answer.Err != nil || result == nil {
		return answer.Err
	}
	return answer.Store(result)
}
