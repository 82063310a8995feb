package wayland

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/godbus/dbus/v5"

	"tally/capture/portal"
)

const (
	screenCast = "org.freedesktop.portal.ScreenCast"
	mutter     = "org.gnome.Mutter.DisplayConfig"

	// screensChanged is GNOME's word that a screen has come, gone or been set up anew.
	// It closes the sessions that show one whose size has changed, as if the user had
	// stopped the sharing.
	screensChanged = mutter + ".MonitorsChanged"
)

// Values of the portal's options (xdg-desktop-portal, ScreenCast).
const (
	typeMonitor, typeWindow      = uint32(1), uint32(2)
	cursorHidden, cursorEmbedded = uint32(1), uint32(2)
	persistUntilRevoked          = uint32(2)
	persistSince                 = 4 // version of the interface
)

// wordWithin is how long after one sign of an end the others may come.
const wordWithin = 500 * time.Millisecond

// patience bounds each call. The user's own answers may take as long as ctx lasts.
var patience = portal.Patience

// session is a conversation with the portal. What it has granted lasts until close.
type session struct {
	conn    *dbus.Conn
	signals chan *dbus.Signal
	path    dbus.ObjectPath

	node  uint32 // PipeWire's name of what is shared
	token string // the permission for the next time

	closed, lost bool      // by the desktop; with the portal or the bus itself
	rearranged   time.Time // when the screens last were
}

// share asks the user, unless the permission says what to share. One that the desktop
// does not take any more is given up, and the user asked.
func share(ctx context.Context, p Permission) (*session, error) {
	permission := p.load()
	s, err := ask(ctx, permission)
	if permission != "" && errors.Is(err, ErrRefused) {
		p.save("")
		s, err = ask(ctx, "")
	}
	if err != nil {
		return nil, err
	}
	p.save(s.token) // one that was used is good for nothing, even if no other came for it
	return s, nil
}

// ask is one conversation, until something is shared.
func ask(ctx context.Context, permission string) (*session, error) {
	conn, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, signals: make(chan *dbus.Signal, 16)}
	if err := s.begin(ctx, permission); err != nil {
		s.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, err
	}
	return s, nil
}

func (s *session) begin(ctx context.Context, permission string) error {
	if err := portal.Register(ctx, patience, s.conn); err != nil {
		return fmt.Errorf("%w (%w)", ErrNoAnswer, err)
	}
	if err := portal.Listen(ctx, s.conn, s.signals, dbus.WithMatchInterface(mutter), dbus.WithMatchMember("MonitorsChanged")); err != nil {
		return fmt.Errorf("%w (%w)", ErrNoPortal, err)
	}
	version, err := s.number(ctx, "version")
	if err != nil {
		return fmt.Errorf("wayland: version: %w", unless(err, ErrNoPortal))
	}
	types, _ := s.number(ctx, "AvailableSourceTypes")
	cursors, _ := s.number(ctx, "AvailableCursorModes")

	made, err := s.request(ctx, "CreateSession", options{"session_handle_token": dbus.MakeVariant(name())})
	if err != nil {
		return fmt.Errorf("wayland: create a session: %w", unless(err, ErrNoPortal))
	}
	var ok bool
	if s.path, ok = portal.Session(made); !ok {
		return fmt.Errorf("%w: it names no session", ErrNoPortal)
	}
	wish := options{"types": dbus.MakeVariant(max(types&(typeMonitor|typeWindow), typeMonitor)), "multiple": dbus.MakeVariant(false)}
	switch {
	case cursors&cursorEmbedded != 0:
		wish["cursor_mode"] = dbus.MakeVariant(cursorEmbedded)
	case cursors&cursorHidden != 0:
		wish["cursor_mode"] = dbus.MakeVariant(cursorHidden)
	}
	if version >= persistSince {
		wish["persist_mode"] = dbus.MakeVariant(persistUntilRevoked)
		if permission != "" {
			wish["restore_token"] = dbus.MakeVariant(permission)
		}
	}
	if _, err := s.request(ctx, "SelectSources", wish, s.path); err != nil {
		return fmt.Errorf("wayland: select sources: %w", unless(err, ErrRefused))
	}
	granted, err := s.request(ctx, "Start", options{}, s.path, "")
	if err != nil {
		return fmt.Errorf("wayland: start: %w", unless(err, ErrRefused))
	}
	var streams []struct {
		Node uint32
		Is   options
	}
	if v, ok := granted["streams"]; !ok || v.Store(&streams) != nil || len(streams) == 0 {
		return ErrCancelled
	}
	s.node = streams[0].Node
	if v, ok := granted["restore_token"]; ok {
		s.token, _ = v.Value().(string)
	}
	return nil
}

// unless gives an error of the portal's own words the meaning of otherwise.
func unless(err, otherwise error) error {
	for _, known := range []error{ErrCancelled, ErrRefused, ErrStopped, ErrRearranged, ErrEnded, ErrNoAnswer, context.Canceled} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%w (%w)", otherwise, err)
}

type options = portal.Options

var names atomic.Int64

// name is one for a new object on the bus.
func name() string { return "tally" + strconv.FormatInt(names.Add(1), 10) }

func (s *session) call(ctx context.Context, method string, result any, args ...any) error {
	err := portal.Call(ctx, patience, s.conn, portal.Path, method, result, args...)
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (%w)", ErrNoAnswer, err)
	}
	return err
}

func (s *session) number(ctx context.Context, property string) (uint32, error) {
	var v dbus.Variant
	if err := s.call(ctx, "org.freedesktop.DBus.Properties.Get", &v, screenCast, property); err != nil {
		return 0, err
	}
	n, _ := v.Value().(uint32)
	return n, nil
}

// request calls a method of the portal, and waits for the answer, which is a signal:
// it may take as long as the user thinks.
func (s *session) request(ctx context.Context, method string, with options, before ...any) (options, error) {
	with["handle_token"] = dbus.MakeVariant(name())
	var handle dbus.ObjectPath
	if err := s.call(ctx, screenCast+"."+method, &handle, append(before, with)...); err != nil {
		return nil, err
	}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case signal, ok := <-s.signals:
			if s.hear(signal, ok); s.closed || s.lost {
				return nil, s.why(ctx)
			}
			if signal.Path != handle || signal.Name != portal.Response {
				continue
			}
			code, results, err := portal.Answer(signal)
			if err != nil {
				return nil, err
			}
			switch code {
			case portal.Granted:
				return results, nil
			case portal.Cancelled:
				return nil, ErrCancelled
			}
			return nil, fmt.Errorf("%w (answer %d)", ErrRefused, code)
		}
	}
}

// hear notes what a signal says of the session's end.
func (s *session) hear(signal *dbus.Signal, ok bool) {
	switch {
	case !ok || portal.Lost(signal):
		s.lost = true
	case signal.Name == portal.Closed && signal.Path == s.path:
		s.closed = true
	case signal.Name == screensChanged:
		s.rearranged = time.Now()
	}
}

// ended tells, without waiting, whether the session is over.
func (s *session) ended() bool {
	for {
		select {
		case signal, ok := <-s.signals:
			s.hear(signal, ok)
			if ok {
				continue
			}
		default:
		}
		return s.closed || s.lost
	}
}

// why tells what has ended the session, or the pictures. It waits for a moment until
// all is said: what comes first of a closed session, the end of the pictures and news
// of the screens is left to chance.
func (s *session) why(ctx context.Context) error {
	moment := time.NewTimer(wordWithin)
	defer moment.Stop()
	for said := false; !said && !s.lost && !(s.closed && s.justRearranged()); {
		select {
		case signal, ok := <-s.signals:
			s.hear(signal, ok)
		case <-moment.C:
			said = true
		case <-ctx.Done():
			said = true
		}
	}
	switch {
	case s.lost || !s.closed:
		return ErrEnded
	case s.justRearranged():
		return ErrRearranged
	}
	return ErrStopped
}

func (s *session) justRearranged() bool { return time.Since(s.rearranged) < 3*time.Second }

// remote is a connection to PipeWire that shows what is shared, and nothing else.
// It belongs to the caller.
func (s *session) remote(ctx context.Context) (int, error) {
	var fd dbus.UnixFD
	if err := s.call(ctx, screenCast+".OpenPipeWireRemote", &fd, s.path, options{}); err != nil {
		if ctx.Err() != nil {
			return -1, ctx.Err()
		}
		return -1, errors.Join(ErrEnded, err)
	}
	return int(fd), nil
}

// close ends the session, and with it the desktop's sign that the screen is shared.
func (s *session) close() {
	portal.Close(s.conn, s.path)
	_ = s.conn.Close()
}
