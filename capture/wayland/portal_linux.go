package wayland

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/godbus/dbus/v5"

	"tally/capture"
	"tally/capture/portal"
)

const screenCast = "org.freedesktop.portal.ScreenCast"

// Values of the portal's options (xdg-desktop-portal, ScreenCast).
const (
	typeMonitor, typeWindow      = uint32(1), uint32(2)
	cursorHidden, cursorEmbedded = uint32(1), uint32(2)
	persistUntilRevoked          = uint32(2)
	persistSince                 = 4 // version of the interface
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

// session is a conversation with the portal. What it has granted lasts until close.
type session struct {
	conn    *dbus.Conn
	portal  dbus.BusObject
	signals chan *dbus.Signal
	path    dbus.ObjectPath

	node  uint32 // PipeWire's name of what is shared
	token string // the permission for the next time
}

// share asks the user, unless the permission says what to share.
func share(ctx context.Context, permission string) (*session, error) {
	conn, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, portal: conn.Object(portal.Name, portal.Path), signals: make(chan *dbus.Signal, 16)}
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
	if err := portal.Listen(ctx, s.conn, s.signals); err != nil {
		return fmt.Errorf("%w (%w)", ErrNoPortal, err)
	}
	version, err := s.number(ctx, "version")
	if err != nil {
		return fmt.Errorf("%w (%w)", ErrNoPortal, err)
	}
	types, _ := s.number(ctx, "AvailableSourceTypes")
	cursors, _ := s.number(ctx, "AvailableCursorModes")

	made, err := s.request(ctx, "CreateSession", options{"session_handle_token": dbus.MakeVariant(name())})
	if err != nil {
		return fmt.Errorf("%w: create a session: %w", ErrNoPortal, err)
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
		return fmt.Errorf("wayland: select sources: %w", err)
	}
	granted, err := s.request(ctx, "Start", options{}, s.path, "")
	if err != nil {
		return fmt.Errorf("wayland: start: %w", err)
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

type options = portal.Options

var names atomic.Int64

// name is one for a new object on the bus.
func name() string { return "tally" + strconv.FormatInt(names.Add(1), 10) }

func (s *session) number(ctx context.Context, property string) (uint32, error) {
	var v dbus.Variant
	if err := s.portal.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, screenCast, property).Store(&v); err != nil {
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
	call := s.portal.CallWithContext(ctx, screenCast+"."+method, 0, append(before, with)...)
	if err := call.Store(&handle); err != nil {
		return nil, err
	}
	for {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case signal, ok := <-s.signals:
			if !ok || over(signal) {
				return nil, ErrEnded
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
			return nil, fmt.Errorf("answer %d: %w", code, ErrCancelled)
		}
	}
}

// over tells whether a signal means that the session has ended: it was closed, or
// the portal has lost its name.
func over(signal *dbus.Signal) bool {
	return signal.Name == portal.Closed || portal.Lost(signal)
}

// ended tells, without waiting, whether the desktop has taken the permission back.
func (s *session) ended() bool {
	for {
		select {
		case signal, ok := <-s.signals:
			if !ok || over(signal) {
				return true
			}
		default:
			return false
		}
	}
}

// remote is a connection to PipeWire that shows what is shared, and nothing else.
// It belongs to the caller.
func (s *session) remote(ctx context.Context) (int, error) {
	var fd dbus.UnixFD
	if err := s.portal.CallWithContext(ctx, screenCast+".OpenPipeWireRemote", 0, s.path, options{}).Store(&fd); err != nil {
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
