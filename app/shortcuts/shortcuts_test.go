package shortcuts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"
	"go.uber.org/goleak"

	"tally/app/apptest"
	"tally/capture/portal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// desktop is a portal of the test's own that follows the published description of
// the interface (xdg-desktop-portal, GlobalShortcuts): no desktop that .ci/setup
// installs has one. It gives the keys that are in it, and says no while there is none.
type desktop struct {
	bus *apptest.Bus

	mu      sync.Mutex
	give    map[string]string
	known   map[string]string // from before
	session dbus.ObjectPath
}

// gives says which keys it gives from now on, and returns the session that is open.
func (p *desktop) gives(keys map[string]string) dbus.ObjectPath {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.give = keys
	return p.session
}

// answer sends the answer to a request after it has returned.
func (p *desktop) answer(with options, code uint32, results options) dbus.ObjectPath {
	handle := dbus.ObjectPath(fmt.Sprintf("/org/freedesktop/portal/desktop/request/x/%v", with["handle_token"].Value()))
	time.AfterFunc(10*time.Millisecond, func() {
		p.bus.Conn.Emit(handle, "org.freedesktop.portal.Request.Response", code, results)
	})
	return handle
}

func (p *desktop) CreateSession(_ dbus.Sender, with options) (dbus.ObjectPath, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = dbus.ObjectPath(fmt.Sprintf("/org/freedesktop/portal/desktop/session/x/%v", with["session_handle_token"].Value()))
	return p.answer(with, 0, options{"session_handle": dbus.MakeVariant(string(p.session))}), nil
}

func (p *desktop) BindShortcuts(_ dbus.Sender, session dbus.ObjectPath, list []bound, _ string, with options) (dbus.ObjectPath, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, b := range list {
		p.bus.Note("%s %v %v", b.ID, b.Is["description"].Value(), b.Is["preferred_trigger"].Value())
	}
	if session != p.session {
		return "", dbus.MakeFailedError(errors.New("no such session"))
	}
	if len(p.give) == 0 {
		return p.answer(with, 1, options{}), nil
	}
	return p.answer(with, 0, options{"shortcuts": dbus.MakeVariant(bind(p.give))}), nil
}

// ListShortcuts fails where nothing is known, as portals do that do not have it.
func (p *desktop) ListShortcuts(_ dbus.Sender, session dbus.ObjectPath, with options) (dbus.ObjectPath, *dbus.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || session != p.session {
		return "", dbus.MakeFailedError(errors.New("no such method"))
	}
	return p.answer(with, 0, options{"shortcuts": dbus.MakeVariant(bind(p.known))}), nil
}

func bind(keys map[string]string) []bound {
	var list []bound
	for id, key := range keys {
		list = append(list, bound{id, options{"trigger_description": dbus.MakeVariant(key)}})
	}
	return list
}

// Get is org.freedesktop.DBus.Properties'.
func (p *desktop) Get(_, _ string) (dbus.Variant, *dbus.Error) {
	return dbus.MakeVariant(uint32(1)), nil
}

// listener collects what Run tells.
type listener struct {
	wanted  chan []Shortcut
	ready   chan struct{}
	given   chan []string
	pressed chan string
	done    chan error
}

func run(t *testing.T) *listener {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &listener{make(chan []Shortcut), make(chan struct{}), make(chan []string, 10), make(chan string, 10), make(chan error, 1)}
	go func() {
		l.done <- Run(ctx, l.wanted, func() { close(l.ready) }, func(k []string) { l.given <- k }, func(id string) { l.pressed <- id })
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-l.done:
		case <-time.After(5 * time.Second):
			t.Error("Run does not return")
		}
	})
	return l
}

func wait[T any](t *testing.T, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("never %s", what)
	}
	panic("unreachable")
}

// offer puts the portal on its bus.
func (d *desktop) offer(t *testing.T) {
	t.Helper()
	if err := d.bus.Conn.Export(d, portal.Path, "org.freedesktop.DBus.Properties"); err != nil {
		t.Fatal(err)
	}
	d.bus.Offer(t, portal.Name, string(portal.Path), global, d)
}

var both = []Shortcut{{"mute", "Mute or unmute", "Ctrl+Alt+M"}, {"live", "Go live", ""}}

func TestKeysFromThePortal(t *testing.T) {
	b := apptest.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
	p := &desktop{bus: b, give: map[string]string{"mute": "Strg+Alt+M"}}
	p.offer(t)
	l := run(t)
	wait(t, "ready", l.ready)
	l.wanted <- both
	if got := wait(t, "given keys", l.given); !slices.Equal(got, []string{"Strg+Alt+M", ""}) {
		t.Errorf("given %q", got)
	}
	if got := b.Noted(); got != "mute Mute or unmute CTRL+ALT+m; live Go live <nil>" {
		t.Errorf("asked for %s", got)
	}
	press := func(session dbus.ObjectPath, id string) {
		b.Conn.Emit(portal.Path, global+".Activated", session, id, uint64(1), options{})
	}
	press("/org/freedesktop/portal/desktop/session/x/another", "live")
	session := p.gives(nil)
	press(session, "mute")
	if got := wait(t, "pressed", l.pressed); got != "mute" {
		t.Errorf("pressed %q", got)
	}
	b.Conn.Emit(portal.Path, global+".ShortcutsChanged", session, bind(map[string]string{"mute": "Strg+Alt+M", "live": "F9"}))
	if got := wait(t, "changed", l.given); !slices.Equal(got, []string{"Strg+Alt+M", "F9"}) {
		t.Errorf("changed to %q", got)
	}

	// The user says no to others; what counted before is given back.
	l.wanted <- both
	if got := wait(t, "refused", l.given); !slices.Equal(got, []string{"", ""}) {
		t.Errorf("refused, but given %q", got)
	}
	press(session, "mute")
	press(p.gives(map[string]string{"mute": "F8"}), "mute")
	select {
	case id := <-l.pressed:
		t.Errorf("%q was pressed without a session", id)
	case <-time.After(200 * time.Millisecond):
	}

	// The portal ends, and another one starts: it is asked again.
	l.wanted <- both
	wait(t, "given again", l.given)
	if _, err := b.Conn.ReleaseName(portal.Name); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, "told that the portal is gone", l.given); !slices.Equal(got, []string{"", ""}) {
		t.Errorf("without a portal, given %q", got)
	}
	if _, err := b.Conn.RequestName(portal.Name, dbus.NameFlagDoNotQueue); err != nil {
		t.Fatal(err)
	}
	if got := wait(t, "given keys by the new portal", l.given); !slices.Equal(got, []string{"F8", ""}) {
		t.Errorf("by the new portal, given %q", got)
	}
}

// TestKnownKeys: keys that the desktop remembers are not asked for once more, unless
// one is missing.
func TestKnownKeys(t *testing.T) {
	for _, tt := range []struct {
		known map[string]string
		keys  []string
		asked string
	}{
		{map[string]string{"mute": "F7", "live": "", "old": "F1"}, []string{"F7", ""}, ""},
		{map[string]string{"mute": "F7"}, []string{"F7", "F8"}, "mute Mute or unmute CTRL+ALT+m; live Go live <nil>"},
	} {
		b := apptest.StartBus(t)
		t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
		p := &desktop{bus: b, known: tt.known, give: map[string]string{"mute": "F7", "live": "F8"}}
		p.offer(t)
		l := run(t)
		wait(t, "ready", l.ready)
		l.wanted <- both
		if got := wait(t, "given keys", l.given); !slices.Equal(got, tt.keys) || b.Noted() != tt.asked {
			t.Errorf("known %v: given %q, asked for %s", tt.known, got, b.Noted())
		}
		b.Conn.Emit(portal.Path, global+".Activated", p.gives(nil), "mute", uint64(1), options{})
		if got := wait(t, "pressed", l.pressed); got != "mute" {
			t.Errorf("pressed %q", got)
		}
	}
}

// TestNobodyToAsk: without a bus, and with a portal that has no such interface, Run
// says so at once.
func TestNobodyToAsk(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
	if err := wait(t, "the answer", run(t).end()); !errors.Is(err, ErrNone) {
		t.Errorf("without a bus: %v", err)
	}
	b := apptest.StartBus(t)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", b.Address)
	b.Offer(t, portal.Name, string(portal.Path), "org.freedesktop.portal.Inhibit", &desktop{bus: b})
	if err := wait(t, "the answer", run(t).end()); !errors.Is(err, ErrNone) {
		t.Errorf("without the interface: %v", err)
	}
}

// end passes on how Run ended.
func (l *listener) end() <-chan error {
	c := make(chan error, 1)
	go func() {
		err := <-l.done
		c <- err
		l.done <- err
	}()
	return c
}

func TestTriggers(t *testing.T) {
	for in, want := range map[string]string{
		"Ctrl+Alt+M": "CTRL+ALT+m", "F9": "F9", "Super+Shift+1": "LOGO+SHIFT+1", "Ctrl+ScrollLock": "CTRL+Scroll_Lock",
		"Ctrl+,": "CTRL+comma", "": "", "Hyper+M": "", "Ctrl++": "", "Ctrl+!": "",
	} {
		if got := trigger(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
}
