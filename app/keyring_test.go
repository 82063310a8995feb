package app

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// A real Secret Service on a message bus of its own keeps the key, and no file
// of Tally's does.
func TestKeysInTheDesktopsKeyring(t *testing.T) {
	apptest.Need(t, "dbus-daemon", "gnome-keyring-daemon")
	home := t.TempDir()
	bus := "unix:path=" + filepath.Join(home, "bus")
	env := append(apptest.Env(home), "DBUS_SESSION_BUS_ADDRESS="+bus)
	apptest.Start(t, env, "dbus-daemon", "--session", "--nofork", "--address="+bus)
	apptest.Until(t, 10*time.Second, "the bus", func() bool {
		_, err := os.Stat(filepath.Join(home, "bus"))
		return err == nil
	})
	unlock := exec.CommandContext(t.Context(), "gnome-keyring-daemon", "--unlock", "--components=secrets", "--daemonize")
	unlock.Env, unlock.Stdin = env, strings.NewReader("password of the desktop")
	if err := unlock.Run(); err != nil {
		t.Fatalf("unlock the keyring: %v", err)
	}

	t.Setenv("DBUS_SESSION_BUS_ADDRESS", bus)
	var store KeyStore
	apptest.Until(t, 10*time.Second, "the Secret Service", func() bool {
		store = OpenKeyStore(filepath.Join(home, "tally"))
		return store == KeyStore(desktopKeys{})
	})
	if store.Note() != "" {
		t.Errorf("a warning although there is a keyring: %s", store.Note())
	}
	if _, err := store.Get("d1"); !errors.Is(err, ErrNoKey) {
		t.Errorf("before anything is stored: %v", err)
	}
	if err := store.Set("d1", NewKey(testKey)); err != nil {
		t.Fatal(err)
	}
	if k, err := store.Get("d1"); err != nil || k.Reveal() != testKey {
		t.Errorf("got %v, %v", k, err)
	}
	if err := store.Forget("d1"); err != nil {
		t.Error(err)
	}
	if err := store.Forget("d1"); err != nil {
		t.Errorf("forgetting twice: %v", err)
	}
	if _, err := store.Get("d1"); !errors.Is(err, ErrNoKey) {
		t.Errorf("after it was forgotten: %v", err)
	}
	if _, err := os.Stat(filepath.Join(home, "tally", "keys.json")); err == nil {
		t.Error("there is a file with keys beside the keyring")
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
