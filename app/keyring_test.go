package app

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"tally/app/apptest"
)

// A real Secret Service on a message bus of its own keeps the key, and no file
// of Tally's does.
func TestKeysInTheDesktopsKeyring(t *testing.T) {
	apptest.Need(t, "dbus-daemon", "gnome-keyring-daemon")
	bus, home := apptest.StartBus(t), t.TempDir()
	unlockedKeyring(t, bus, home)
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	var store KeyStore
	apptest.Until(t, 10*time.Second, "the Secret Service", func() bool {
		store = OpenKeyStore(filepath.Join(home, "tally"))
		_, ok := store.(desktopKeys)
		return ok
	})
	if store.Note() != "" {
		t.Errorf("a warning although there is a keyring: %s", store.Note())
	}
	if _, err := store.Get(t.Context(), "d1"); !errors.Is(err, ErrNoKey) {
		t.Errorf("before anything is stored: %v", err)
	}
	if err := store.Set(t.Context(), "d1", NewKey(testKey)); err != nil {
		t.Fatal(err)
	}
	if k, err := store.Get(t.Context(), "d1"); err != nil || k.Reveal() != testKey {
		t.Errorf("got %v, %v", k, err)
	}
	if err := store.Forget(t.Context(), "d1"); err != nil {
		t.Error(err)
	}
	if err := store.Forget(t.Context(), "d1"); err != nil {
		t.Errorf("forgetting twice: %v", err)
	}
	if _, err := store.Get(t.Context(), "d1"); !errors.Is(err, ErrNoKey) {
		t.Errorf("after it was forgotten: %v", err)
	}
	if _, err := os.Stat(filepath.Join(home, "tally", "keys.json")); err == nil {
		t.Error("there is a file with keys beside the keyring")
	}
}

// unlockedKeyring puts a Secret Service on the bus, which keeps its files under home.
func unlockedKeyring(t *testing.T, bus *apptest.Bus, home string) {
	t.Helper()
	unlock := exec.CommandContext(t.Context(), "gnome-keyring-daemon", "--unlock", "--components=secrets", "--daemonize")
	unlock.Env, unlock.Stdin = append(apptest.Env(home), bus.Env()...), strings.NewReader("password of the desktop")
	if err := unlock.Run(); err != nil {
		t.Fatalf("unlock the keyring: %v", err)
	}
	// It goes on in the background, and whoever asks for the service before it is there
	// has the bus start another one, which is locked.
	apptest.Until(t, 10*time.Second, "the keyring is on the bus", func() bool {
		var there bool
		return bus.Conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.freedesktop.secrets").Store(&there) == nil && there
	})
}

// prompter is the part of the desktop that asks for passwords. Nobody answers.
type prompter struct{ bus *apptest.Bus }

// BeginPrompting is called over the bus.
func (p prompter) BeginPrompting(dbus.ObjectPath) *dbus.Error {
	p.bus.Note("asked for the password")
	return nil
}

// TestNobodyUnlocksTheKeyring: the desktop asks for its password, and goes on asking.
// Tally says so, asks once only, and ends when it is to end.
func TestNobodyUnlocksTheKeyring(t *testing.T) {
	apptest.Need(t, "gnome-keyring-daemon")
	bus, home := apptest.StartBus(t), t.TempDir()
	unlockedKeyring(t, bus, home)
	bus.Offer(t, "org.gnome.keyring.SystemPrompter", "/org/gnome/keyring/Prompter", "org.gnome.keyring.internal.Prompter", prompter{bus})
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus.Address)
	apptest.Until(t, 10*time.Second, "the Secret Service", desktopHasKeyring)
	if err := OpenKeyStore(home).Set(t.Context(), "d1", NewKey(testKey)); err != nil {
		t.Fatal(err)
	}
	lock := []dbus.ObjectPath{"/org/freedesktop/secrets/collection/login"}
	if err := bus.Conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets").Call("org.freedesktop.Secret.Service.Lock", 0, lock).Err; err != nil {
		t.Fatal(err)
	}

	store, ok := OpenKeyStore(home).(desktopKeys)
	if !ok || bus.Noted() != "" {
		t.Fatalf("a locked keyring is none (%v), or was opened to look: %q", !ok, bus.Noted())
	}
	set := DefaultSettings()
	set.Destinations = []Destination{{ID: "d1", Name: "d1", URL: "rtmp://localhost/live", Enabled: true}}
	s := New(Options{Settings: set, Keys: store})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	bus.WaitFor(t, "asked for the password", 10*time.Second)

	hurried, enough := context.WithTimeout(ctx, 300*time.Millisecond)
	defer enough()
	if _, err := store.Get(hurried, "d1"); !errors.Is(err, errKeyringSilent) || !strings.Contains(string(Explain(err).Title), "keyring is locked") {
		t.Errorf("nobody answers: %v, %v", err, Explain(err))
	}
	s.GoLive()
	apptest.Until(t, 5*time.Second, "it connects", func() bool { return s.Snapshot().State == Connecting })
	s.End()
	apptest.Until(t, 5*time.Second, "the show ends", func() bool { return s.Snapshot().State == Idle })
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("Tally waits for the keyring and does not end")
	}
	if bus.Noted() != "asked for the password" {
		t.Errorf("it asked more than once: %q", bus.Noted())
	}
}

// Without a bus there is no attempt to start one.
func TestNoKeyringWithoutABus(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	if store := OpenKeyStore(t.TempDir()); store.Note() == "" {
		t.Errorf("a keyring was found: %T", store)
	}
}
