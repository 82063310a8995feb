// Package portal is what all conversations with the desktop's portal
// (xdg-desktop-portal) have in common: its name, how answers come, how sessions begin
// and end.
package portal

import (
	"context"
	"errors"
	"time"

	"github.com/godbus/dbus/v5"
)

// Name and Path are the portal's on the session's bus.
const (
	Name = "org.freedesktop.portal.Desktop"
	Path = dbus.ObjectPath("/org/freedesktop/portal/desktop")
)

// AppID is Tally's name among the programs of a desktop.
const AppID = "studio.tally.Tally"

// Patience is enough for a call whose answer waits for nobody, also to a portal that has
// just been started: it waits for its desktop's part, which systems give 25 s.
const Patience = 30 * time.Second

// What a request is answered with; any other code is a refusal for another reason.
const (
	Granted   = uint32(0)
	Cancelled = uint32(1) // by the user
)

// Signals by which the portal answers, and takes back what it has granted.
const (
	Response = "org.freedesktop.portal.Request.Response"
	Closed   = "org.freedesktop.portal.Session.Closed"
)

// Options are the named values in calls and answers.
type Options = map[string]dbus.Variant

// Register says whose connection this is, which must come before anything else that is
// asked on it. Portals since 1.20 want to know that of a program outside of a sandbox,
// to remember what it was allowed and to tell the user who asks. Older ones do not know
// the question, and what the portal thinks of the answer does not matter: it fails only
// if there is no word in time.
func Register(ctx context.Context, within time.Duration, conn *dbus.Conn) error {
	err := Call(ctx, within, conn, Path, "org.freedesktop.host.portal.Registry.Register", nil, AppID, Options{})
	if errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// Call asks one of the portal's objects, and puts the answer where result points, unless
// that is nil. What waits for the user is answered later, by a signal.
func Call(ctx context.Context, within time.Duration, conn *dbus.Conn, object dbus.ObjectPath, method string, result any, args ...any) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer := conn.Object(Name, object).CallWithContext(ctx, method, 0, args...)
	if answer.Err != nil || result == nil {
		return answer.Err
	}
	return answer.Store(result)
}

// Listen has the answers to requests come to signals, the ends of sessions and of the
// portal itself, and what more asks for.
func Listen(ctx context.Context, conn *dbus.Conn, signals chan<- *dbus.Signal, more ...dbus.MatchOption) error {
	conn.Signal(signals)
	matches := [][]dbus.MatchOption{
		{dbus.WithMatchInterface("org.freedesktop.portal.Request"), dbus.WithMatchMember("Response")},
		{dbus.WithMatchInterface("org.freedesktop.portal.Session"), dbus.WithMatchMember("Closed")},
		{dbus.WithMatchInterface("org.freedesktop.DBus"), dbus.WithMatchMember("NameOwnerChanged"), dbus.WithMatchArg(0, Name)},
	}
	if len(more) > 0 {
		matches = append(matches, more)
	}
	for _, m := range matches {
		if err := conn.AddMatchSignalContext(ctx, m...); err != nil {
			return err
		}
	}
	return nil
}

// Answer is what a Response says.
func Answer(signal *dbus.Signal) (code uint32, results Options, err error) {
	err = dbus.Store(signal.Body, &code, &results)
	return code, results, err
}

// Session is the one that a CreateSession was answered with; false if that names none.
// The specification says object path; portals send a string.
func Session(results Options) (dbus.ObjectPath, bool) {
	var session dbus.ObjectPath
	switch path := results["session_handle"].Value().(type) {
	case string:
		session = dbus.ObjectPath(path)
	case dbus.ObjectPath:
		session = path
	}
	return session, session.IsValid()
}

// Lost tells whether a signal says that the portal has ended.
func Lost(signal *dbus.Signal) bool {
	now, ok := owner(signal)
	return ok && now == ""
}

// Back tells whether a signal says that there is a portal again, which knows nothing of
// what the one before it was told.
func Back(signal *dbus.Signal) bool {
	now, ok := owner(signal)
	return ok && now != ""
}

// owner is who is the portal from now on, if a signal tells that.
func owner(signal *dbus.Signal) (now string, ok bool) {
	var name, before string
	ok = signal.Name == "org.freedesktop.DBus.NameOwnerChanged" && dbus.Store(signal.Body, &name, &before, &now) == nil && name == Name
	return now, ok
}

// Close ends a session, if it is one. It waits for nothing.
func Close(conn *dbus.Conn, session dbus.ObjectPath) {
	if session.IsValid() {
		conn.Object(Name, session).Go("org.freedesktop.portal.Session.Close", dbus.FlagNoReplyExpected, nil)
	}
}
