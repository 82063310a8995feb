// Package shortcuts gets keys that work while another window is in front from the
// desktop, on Wayland, where no program may listen by itself: from its portal's
// GlobalShortcuts, which GNOME 48, KDE Plasma and Hyprland have. Start at [Run].
//
// The desktop has the last word on which keys it gives, may ask the user, and
// remembers the answer by the shortcuts' names.
package shortcuts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/godbus/dbus/v5"

	"tally/capture/portal"
)

const global = "org.freedesktop.portal.GlobalShortcuts"

// ErrNone means that this desktop gives no keys.
var ErrNone = errors.New("shortcuts: the desktop offers none")

// Shortcut is something that a key is wanted for.
type Shortcut struct {
	ID          string // by which the desktop remembers it
	Description string // for the user
	Wish        string // such as "Ctrl+Alt+M"; the desktop may give another. Empty: none in particular
}

type options = portal.Options

// bound is how the portal writes a shortcut.
type bound struct {
	ID string
	Is options
}

// keeper is one program's conversation with the portal. Run is its goroutine.
type keeper struct {
	conn    *dbus.Conn
	signals chan *dbus.Signal
	given   func(keys []string)
	pressed func(id string)

	list    []Shortcut
	waiting dbus.ObjectPath // the request whose answer is outstanding
	looking bool            // it is what is known already
	session dbus.ObjectPath // the one whose keys count; empty: none
	names   int
}

// Run asks the desktop for keys for each list that comes, in the place of those
// before, until ctx ends. It calls given with the keys as the desktop names them,
// one for each shortcut, whenever they change; empty is none. pressed is told a
// shortcut's ID each time. It calls ready first; where there is nobody to ask it
// returns ErrNone instead.
func Run(ctx context.Context, wanted <-chan []Shortcut, ready func(), given func([]string), pressed func(id string)) error {
	conn, err := dbus.SessionBusPrivateNoAutoStartup(dbus.WithContext(ctx))
	if err != nil {
		return ErrNone
	}
	defer conn.Close()
	if conn.Auth(nil) != nil || conn.Hello() != nil {
		return ErrNone
	}
	k := &keeper{conn: conn, signals: make(chan *dbus.Signal, 16), given: given, pressed: pressed}
	var version dbus.Variant
	if portal.Register(ctx, portal.Patience, conn) != nil || k.call(ctx, "org.freedesktop.DBus.Properties.Get", &version, global, "version") != nil {
		return ErrNone
	}
	if err := portal.Listen(ctx, conn, k.signals, dbus.WithMatchInterface(global)); err != nil {
		return fmt.Errorf("%w (%w)", ErrNone, err)
	}
	ready()
	defer k.close()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case k.list = <-wanted:
			k.begin(ctx)
		case signal, ok := <-k.signals:
			if !ok {
				return fmt.Errorf("%w: the message bus has ended", ErrNone)
			}
			k.hear(ctx, signal)
		}
	}
}

// call asks the portal once, and puts the answer where result points.
func (k *keeper) call(ctx context.Context, method string, result any, args ...any) error {
	return portal.Call(ctx, portal.Patience, k.conn, portal.Path, method, result, args...)
}

// name is one for a new object on the bus.
func (k *keeper) name() dbus.Variant {
	k.names++
	return dbus.MakeVariant("tally_keys" + strconv.Itoa(k.names))
}

// request calls a method whose answer is a signal, and tells whether it was taken.
func (k *keeper) request(ctx context.Context, method string, args ...any) bool {
	k.waiting, k.looking = "", false
	return k.call(ctx, global+"."+method, &k.waiting, args...) == nil
}

// begin opens a session. KDE remembers the keys of programs outside of a sandbox by
// the session's name, so it is always the same.
func (k *keeper) begin(ctx context.Context) {
	k.close()
	if !k.request(ctx, "CreateSession", options{
		"handle_token": k.name(), "session_handle_token": dbus.MakeVariant("tally"),
		"shortcuts": dbus.MakeVariant(k.wishes()), // KDE's portal of Plasma 5.27 hears of them here only
	}) {
		k.lose()
	}
}

// look asks for the keys that the desktop remembers: asking for new ones each time would
// have Plasma 5.27 open its system settings each time.
func (k *keeper) look(ctx context.Context) {
	if k.looking = k.request(ctx, "ListShortcuts", k.session, options{"handle_token": k.name()}); !k.looking {
		k.bind(ctx)
	}
}

// bind asks for the keys.
func (k *keeper) bind(ctx context.Context) {
	if !k.request(ctx, "BindShortcuts", k.session, k.wishes(), "", options{"handle_token": k.name()}) {
		k.lose()
	}
}

func (k *keeper) wishes() []bound {
	var list []bound
	for _, s := range k.list {
		is := options{"description": dbus.MakeVariant(s.Description)}
		if t := trigger(s.Wish); t != "" {
			is["preferred_trigger"] = dbus.MakeVariant(t)
		}
		list = append(list, bound{s.ID, is})
	}
	return list
}

func (k *keeper) hear(ctx context.Context, signal *dbus.Signal) {
	switch signal.Name {
	case portal.Response:
		if signal.Path == k.waiting {
			k.answered(ctx, signal)
		}
	case portal.Closed:
		if signal.Path == k.session {
			k.lose()
		}
	case "org.freedesktop.DBus.NameOwnerChanged":
		switch {
		case portal.Lost(signal):
			k.lose()
		case portal.Back(signal) && len(k.list) > 0:
			if portal.Register(ctx, portal.Patience, k.conn) == nil {
				k.begin(ctx)
			}
		}
	case global + ".Activated":
		var session dbus.ObjectPath
		var id string
		if len(signal.Body) >= 2 && dbus.Store(signal.Body[:2], &session, &id) == nil && session == k.session {
			k.pressed(id)
		}
	case global + ".ShortcutsChanged":
		var session dbus.ObjectPath
		var list []bound
		if dbus.Store(signal.Body, &session, &list) == nil && session == k.session {
			k.tell(list)
		}
	}
}

// answered takes the answer to the last request: the session first, then the keys
// that it has already, and if those are not all, the keys that it gets.
func (k *keeper) answered(ctx context.Context, signal *dbus.Signal) {
	k.waiting = ""
	code, is, err := portal.Answer(signal)
	granted := err == nil && code == portal.Granted
	var list []bound
	if v, ok := is["shortcuts"]; ok {
		_ = v.Store(&list) // none is what is told of those that cannot be read
	}
	switch {
	case k.looking && (!granted || !k.all(list)):
		k.bind(ctx)
	case !granted:
		k.lose()
	case k.session == "":
		var ok bool
		if k.session, ok = portal.Session(is); !ok {
			k.lose()
			return
		}
		k.look(ctx)
	default:
		k.tell(list)
	}
}

// all tells whether a list has every shortcut that is wanted.
func (k *keeper) all(list []bound) bool {
	for _, s := range k.list {
		if !slices.ContainsFunc(list, func(b bound) bool { return b.ID == s.ID }) {
			return false
		}
	}
	return true
}

// tell says which keys there are.
func (k *keeper) tell(list []bound) {
	keys := make([]string, len(k.list))
	for i, s := range k.list {
		for _, b := range list {
			if b.ID == s.ID {
				keys[i], _ = b.Is["trigger_description"].Value().(string)
			}
		}
	}
	k.given(keys)
}

// lose says that there are no keys: the user or the desktop has said no.
func (k *keeper) lose() {
	k.close()
	k.waiting = ""
	k.tell(nil)
}

// close gives back what the desktop has given.
func (k *keeper) close() {
	portal.Close(k.conn, k.session)
	k.session = ""
}
