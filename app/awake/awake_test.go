package awake

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/screensaver"
	"github.com/jezek/xgb/xproto"

	"tally/app/apptest"
	"tally/capture/portal"
)

// TestMain lets the test binary be the program that is killed.
func TestMain(m *testing.M) {
	if os.Getenv("TALLY_TEST_AWAKE") != "" {
		Run(context.Background(), "a show is on")
		return
	}
	os.Exit(m.Run())
}

// desktop is a message bus with what a test puts on it.
type desktop struct {
	*apptest.Bus

	mu   sync.Mutex
	held *os.File // our end of the lock that login has handed out
}

func startDesktop(t *testing.T) *desktop {
	t.Helper()
	d := &desktop{Bus: apptest.StartBus(t)}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", d.Address)
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", d.Address)
	t.Setenv("DISPLAY", "")
	return d
}

// portalService says no to what is in refuses.
type portalService struct {
	d       *desktop
	refuses uint32
}

func (p portalService) Inhibit(_ string, flags uint32, options map[string]dbus.Variant) (dbus.ObjectPath, *dbus.Error) {
	p.d.Note("portal %d %v", flags, options["reason"].Value())
	request := dbus.ObjectPath(fmt.Sprintf("/org/freedesktop/portal/desktop/request/%d", flags))
	code := portal.Granted
	if flags&p.refuses != 0 {
		code = 2
	}
	time.AfterFunc(10*time.Millisecond, func() { _ = p.d.Conn.Emit(request, portal.Response, code, portal.Options{}) })
	return request, nil
}

// Register is the registry's.
func (p portalService) Register(app string, _ map[string]dbus.Variant) *dbus.Error {
	p.d.Note("register %s", app)
	return nil
}

type requestService struct{ d *desktop }

func (r requestService) Close() *dbus.Error {
	r.d.Note("portal let go")
	return nil
}

type loginService struct{ d *desktop }

func (l loginService) Inhibit(what, who, why, mode string) (dbus.UnixFD, *dbus.Error) {
	ours, theirs, err := os.Pipe()
	if err != nil {
		return 0, dbus.MakeFailedError(err)
	}
	l.d.Note("login %s %s %s %s", what, who, why, mode)
	l.d.mu.Lock()
	l.d.held = ours
	l.d.mu.Unlock()
	fd := dbus.UnixFD(theirs.Fd())
	time.AfterFunc(time.Second, func() { theirs.Close() }) // it has been sent by then
	return fd, nil
}

// letGo tells whether the lock's other end is closed.
func (d *desktop) letGo(t *testing.T, within time.Duration) bool {
	t.Helper()
	d.mu.Lock()
	held := d.held
	d.mu.Unlock()
	if held == nil {
		t.Fatal("no lock was asked for")
	}
	if err := held.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, err := held.Read(make([]byte, 1))
	return err != nil && !os.IsTimeout(err)
}

// awake runs Run, and returns how to end it.
func awake(t *testing.T) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		Run(ctx, "a show is on")
	}()
	return func() {
		cancel()
		select {
		case <-done:
		case <-time.After(5 * time.Second):
			t.Error("Run does not return")
		}
	}
}

func TestPortalAndLogin(t *testing.T) {
	d := startDesktop(t)
	d.Offer(t, "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Inhibit", portalService{d: d})
	if err := d.Conn.Export(portalService{d: d}, "/org/freedesktop/portal/desktop", "org.freedesktop.host.portal.Registry"); err != nil {
		t.Fatal(err)
	}
	if err := d.Conn.Export(requestService{d}, "/org/freedesktop/portal/desktop/request/12", "org.freedesktop.portal.Request"); err != nil {
		t.Fatal(err)
	}
	d.OfferScreenSaver(t)
	d.Offer(t, "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", loginService{d})
	end := awake(t)
	d.WaitFor(t, "register studio.tally.Tally; ", 10*time.Second)
	d.WaitFor(t, "portal 12 a show is on", 10*time.Second)
	d.WaitFor(t, "login sleep:idle Tally a show is on block", 10*time.Second)
	if d.letGo(t, 1500*time.Millisecond) {
		t.Error("the lock was let go while the show is on")
	}
	end()
	if got := d.Noted(); !strings.Contains(got, "portal let go") || strings.Contains(got, "saver") {
		t.Errorf("the desktop heard: %s", got)
	}
	if !d.letGo(t, 2*time.Second) {
		t.Error("the lock is still held after the show")
	}
}

// TestPortalThatRefuses: the portal's GTK part keeps only the screen from going dark,
// where there is no GNOME; another may do nothing at all.
func TestPortalThatRefuses(t *testing.T) {
	for refuses, want := range map[uint32]string{
		inhibitSuspend:               "portal 12 a show is on; portal 8 a show is on",
		inhibitSuspend | inhibitIdle: "portal 12 a show is on; portal 8 a show is on; saver Tally, a show is on",
	} {
		d := startDesktop(t)
		d.Offer(t, "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Inhibit", portalService{d, refuses})
		d.OfferScreenSaver(t)
		end := awake(t)
		d.WaitFor(t, want, 10*time.Second)
		time.Sleep(200 * time.Millisecond)
		if got := d.Noted(); got != want {
			t.Errorf("refusing %d: the desktop heard: %s", refuses, got)
		}
		end()
	}
}

func TestScreenSaverWhereThereIsNoPortal(t *testing.T) {
	d := startDesktop(t)
	d.OfferScreenSaver(t)
	end := awake(t)
	d.WaitFor(t, "saver Tally, a show is on", 10*time.Second)
	end()
	if got := d.Noted(); !strings.Contains(got, "saver let go 7") {
		t.Errorf("the desktop heard: %s", got)
	}
}

// TestKilled: what was held is let go when Tally has no chance to do so.
func TestKilled(t *testing.T) {
	d := startDesktop(t)
	d.OfferScreenSaver(t)
	d.Offer(t, "org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager", loginService{d})
	gone := make(chan *dbus.Signal, 10)
	d.Conn.Signal(gone)
	if err := d.Conn.AddMatchSignal(dbus.WithMatchMember("NameOwnerChanged")); err != nil {
		t.Fatal(err)
	}
	p := apptest.Start(t, append(append(apptest.Env(t.TempDir()), d.Env()...), "TALLY_TEST_AWAKE=1"), os.Args[0])
	d.WaitFor(t, "saver Tally", 10*time.Second)
	d.WaitFor(t, "login sleep:idle", 10*time.Second)
	p.Kill()
	if !d.letGo(t, 3*time.Second) {
		t.Error("the lock is held for a program that is gone")
	}
	// Screen savers let go when the name of who asked is gone from the bus.
	for timeout := time.After(5 * time.Second); ; {
		select {
		case s := <-gone:
			if s.Name == "org.freedesktop.DBus.NameOwnerChanged" && s.Body[2] == "" {
				return
			}
		case <-timeout:
			t.Fatal("the bus has not told that the program is gone")
		}
	}
}

// TestNobodyToAsk: without a bus, and with one on which nobody answers, the show
// is not held up.
func TestNobodyToAsk(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "disabled:")
	awake(t)()
	startDesktop(t)
	awake(t)()
}

// TestXServer: its own clock stands still while a show is on.
func TestXServer(t *testing.T) {
	d := apptest.StartDesktop(t, "320x200")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	t.Setenv("DBUS_SYSTEM_BUS_ADDRESS", "disabled:")
	t.Setenv("DISPLAY", d.Display)
	apptest.Need(t, "xset")
	if out, err := exec.Command("xset", "s", "1", "s", "blank").CombinedOutput(); err != nil {
		t.Fatalf("xset: %v: %s", err, out)
	}
	conn, err := xgb.NewConn()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := screensaver.Init(conn); err != nil {
		t.Fatal(err)
	}
	dark := func() bool {
		root := xproto.Drawable(xproto.Setup(conn).DefaultScreen(conn).Root)
		info, err := screensaver.QueryInfo(conn, root).Reply()
		if err != nil {
			t.Fatal(err)
		}
		return info.State == screensaver.StateOn
	}
	d.Do(t, "mousemove", "10", "10")
	end := awake(t)
	d.Do(t, "mousemove", "20", "20")
	time.Sleep(2500 * time.Millisecond)
	if dark() {
		t.Error("the screen is dark although a show is on")
	}
	end()
	apptest.Until(t, 5*time.Second, "the screen goes dark after the show", dark)
}
