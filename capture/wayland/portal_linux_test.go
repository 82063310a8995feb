package wayland

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"tally/app/apptest"
	"tally/capture"
	"tally/capture/portal"
)

// played is a portal of the test's own that follows the published description of the
// interface (xdg-desktop-portal, ScreenCast, version 5): it says what the portals that
// run in other tests cannot be made to say. It shares nothing.
type played struct {
	bus *apptest.Bus

	mu     sync.Mutex
	starts []uint32 // the answers to each Start; when there are no more, granted
	token  string   // for the next time
	valid  func(token string) bool
	hangs  bool
	closes bool // the session, instead of an answer to Start
}

func play(t *testing.T, p *played) *played {
	t.Helper()
	p.bus = apptest.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", p.bus.Address)
	for _, iface := range []string{"org.freedesktop.DBus.Properties", "org.freedesktop.host.portal.Registry"} {
		if err := p.bus.Conn.Export(p, portal.Path, iface); err != nil {
			t.Fatal(err)
		}
	}
	p.bus.Offer(t, portal.Name, string(portal.Path), screenCast, p)
	return p
}

// answer sends the answer to a request after it has returned.
func (p *played) answer(with options, code uint32, results options) (dbus.ObjectPath, *dbus.Error) {
	handle := dbus.ObjectPath(fmt.Sprintf("/org/freedesktop/portal/desktop/request/x/%v", with["handle_token"].Value()))
	time.AfterFunc(10*time.Millisecond, func() { _ = p.bus.Conn.Emit(handle, portal.Response, code, results) })
	return handle, nil
}

// Register is the registry's.
func (p *played) Register(app string, _ options) *dbus.Error {
	if p.hangs {
		time.Sleep(2 * time.Second)
	}
	p.bus.Note("register %s", app)
	return nil
}

// Get is org.freedesktop.DBus.Properties'.
func (p *played) Get(_, property string) (dbus.Variant, *dbus.Error) {
	p.bus.Note("get")
	return dbus.MakeVariant(map[string]uint32{"version": 5, "AvailableSourceTypes": 7, "AvailableCursorModes": 7}[property]), nil
}

func (p *played) CreateSession(with options) (dbus.ObjectPath, *dbus.Error) {
	p.bus.Note("create")
	path := fmt.Sprintf("/org/freedesktop/portal/desktop/session/x/%v", with["session_handle_token"].Value())
	return p.answer(with, portal.Granted, options{"session_handle": dbus.MakeVariant(path)})
}

func (p *played) SelectSources(_ dbus.ObjectPath, with options) (dbus.ObjectPath, *dbus.Error) {
	token, _ := with["restore_token"].Value().(string)
	p.bus.Note("select %q", token)
	if token != "" && p.valid != nil && !p.valid(token) {
		return "", dbus.NewError("org.freedesktop.portal.Error.InvalidArgument", []any{"Restore token is not a valid UUID string"})
	}
	return p.answer(with, portal.Granted, options{})
}

func (p *played) Start(session dbus.ObjectPath, _ string, with options) (dbus.ObjectPath, *dbus.Error) {
	if p.closes {
		_ = p.bus.Conn.Emit("/org/freedesktop/portal/desktop/session/x/another", portal.Closed, options{})
		time.AfterFunc(10*time.Millisecond, func() { _ = p.bus.Conn.Emit(session, portal.Closed, options{}) })
		return "/org/freedesktop/portal/desktop/request/x/unanswered", nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	code := portal.Granted
	if len(p.starts) > 0 {
		code, p.starts = p.starts[0], p.starts[1:]
	}
	results := options{}
	if code == portal.Granted {
		results["streams"] = dbus.MakeVariant([]struct {
			Node uint32
			Is   options
		}{{42, options{}}})
		if p.token != "" {
			results["restore_token"] = dbus.MakeVariant(p.token)
		}
	}
	return p.answer(with, code, results)
}

// OpenPipeWireRemote is where the play ends.
func (p *played) OpenPipeWireRemote(dbus.ObjectPath, options) (dbus.UnixFD, *dbus.Error) {
	p.bus.Note("open")
	return 0, dbus.MakeFailedError(errors.New("this is a play"))
}

// kept is a permission, and what becomes of it.
type kept struct{ tokens []string }

func (k *kept) permission() Permission {
	return Permission{Load: func() string { return k.tokens[len(k.tokens)-1] }, Save: func(s string) { k.tokens = append(k.tokens, s) }}
}

// shared runs a capture to its end.
func shared(t *testing.T, p Permission) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return Open(30, capture.NewClock(), p).Run(ctx, capture.Sink{Video: func(f *capture.Frame) { f.Release() }})
}

// steps are what the portal was asked, without its properties.
func (p *played) steps() string {
	all := slices.DeleteFunc(strings.Split(p.bus.Noted(), "; "), func(s string) bool { return s == "get" })
	return strings.Join(all, "; ")
}

// TestRegisters: the portal is told who asks before it is asked anything.
func TestRegisters(t *testing.T) {
	p := play(t, &played{})
	if err := shared(t, Permission{}); !errors.Is(err, ErrEnded) {
		t.Errorf("Run: %v", err)
	}
	if got := p.bus.Noted(); !strings.HasPrefix(got, "register studio.tally.Tally; get; ") {
		t.Errorf("the portal was asked: %s", got)
	}
}

// TestAnswers: a user who says no is not taken for a desktop that cannot share.
func TestAnswers(t *testing.T) {
	for code, want := range map[uint32]error{1: ErrCancelled, 2: ErrRefused, 7: ErrRefused} {
		play(t, &played{starts: []uint32{code}})
		err := shared(t, Permission{})
		if !errors.Is(err, want) || errors.Is(err, ErrCancelled) && errors.Is(err, ErrRefused) {
			t.Errorf("answer %d: %v", code, err)
		}
	}
}

// TestStalePermission: one that the desktop does not take any more is given up, and the
// user asked once; a user who says no is not.
func TestStalePermission(t *testing.T) {
	k := kept{[]string{"old"}}
	p := play(t, &played{token: "new", valid: func(string) bool { return false }})
	err := shared(t, k.permission())
	if got := p.steps(); !errors.Is(err, ErrEnded) || got != `register studio.tally.Tally; create; select "old"; register studio.tally.Tally; create; select ""; open` {
		t.Errorf("no token: %v after %s", err, got)
	}
	if !slices.Equal(k.tokens, []string{"old", "", "new"}) {
		t.Errorf("no token: kept %q", k.tokens)
	}

	k = kept{[]string{"old"}}
	p = play(t, &played{token: "new", starts: []uint32{2, 2}})
	err = shared(t, k.permission())
	if got := strings.Count(p.steps(), "create"); !errors.Is(err, ErrRefused) || got != 2 || !slices.Equal(k.tokens, []string{"old", ""}) {
		t.Errorf("not restored: %v after %d sessions, kept %q", err, got, k.tokens)
	}

	k = kept{[]string{"old"}}
	p = play(t, &played{token: "new", starts: []uint32{1}})
	err = shared(t, k.permission())
	if got := strings.Count(p.steps(), "create"); !errors.Is(err, ErrCancelled) || got != 1 || !slices.Equal(k.tokens, []string{"old"}) {
		t.Errorf("cancelled: %v after %d sessions, kept %q", err, got, k.tokens)
	}
}

// TestUsedPermission: it is good for one capture, also when the user does not want the
// next one to be remembered.
func TestUsedPermission(t *testing.T) {
	k := kept{[]string{"old"}}
	play(t, &played{})
	if err := shared(t, k.permission()); !errors.Is(err, ErrEnded) || !slices.Equal(k.tokens, []string{"old", ""}) {
		t.Errorf("%v, kept %q", err, k.tokens)
	}
}

// TestPortalHangs: that is told.
func TestPortalHangs(t *testing.T) {
	before := patience
	patience = 200 * time.Millisecond
	defer func() { patience = before }()
	play(t, &played{hangs: true})
	began := time.Now()
	if err := shared(t, Permission{}); !errors.Is(err, ErrNoAnswer) || errors.Is(err, ErrNoPortal) || time.Since(began) > time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
}

// TestStopped: a session that somebody ends on the desktop is told from a portal that is
// gone, also when the pictures end first.
func TestStopped(t *testing.T) {
	play(t, &played{closes: true})
	if err := shared(t, Permission{}); !errors.Is(err, ErrStopped) || errors.Is(err, ErrEnded) {
		t.Errorf("Run: %v", err)
	}
	closed := &dbus.Signal{Path: "/session/1", Name: portal.Closed}
	begin := func() *session { return &session{path: "/session/1", signals: make(chan *dbus.Signal, 2)} }
	s := begin()
	time.AfterFunc(wordWithin/5, func() { s.signals <- closed })
	if err := s.why(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("stopped: %v", err)
	}
	s = begin()
	s.signals <- &dbus.Signal{Path: "/session/2", Name: portal.Closed}
	if s.ended() {
		t.Error("another session was closed, not this one")
	}
	if err := s.why(t.Context()); !errors.Is(err, ErrEnded) {
		t.Errorf("only the pictures have ended: %v", err)
	}
}

// TestScreensChange: GNOME closes the session when the screen in it is turned or gets
// another size, which is no wish to stop; it may say so before or after.
func TestScreensChange(t *testing.T) {
	changed := &dbus.Signal{Path: "/org/gnome/Mutter/DisplayConfig", Name: "org.gnome.Mutter.DisplayConfig.MonitorsChanged"}
	closed := &dbus.Signal{Path: "/session/1", Name: portal.Closed}
	for _, order := range [][]*dbus.Signal{{changed, closed}, {closed, changed}} {
		s := &session{path: "/session/1", signals: make(chan *dbus.Signal, 2)}
		s.signals <- order[0]
		s.ended()
		time.AfterFunc(wordWithin/5, func() { s.signals <- order[1] })
		if err := s.why(t.Context()); !errors.Is(err, ErrRearranged) {
			t.Errorf("%s first: %v", order[0].Name, err)
		}
	}
	s := &session{path: "/session/1", signals: make(chan *dbus.Signal, 2), rearranged: time.Now().Add(-time.Minute)}
	s.signals <- closed
	if err := s.why(t.Context()); !errors.Is(err, ErrStopped) {
		t.Errorf("long after: %v", err)
	}
}
