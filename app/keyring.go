package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/godbus/dbus/v5"
	"github.com/zalando/go-keyring"
)

const keyringService = "Tally stream key"

// errKeyringSilent means that the keyring has not answered for as long as was waited
// for it: it waits in turn for the user, who is to unlock it.
var errKeyringSilent = errors.New("the desktop's keyring has not answered")

// desktopHasKeyring looks for a keyring without opening it: a locked one would ask for
// its password before there is a window, and one that is not opened then is a keyring
// all the same.
func desktopHasKeyring() bool {
	if runtime.GOOS != "linux" {
		_, err := keyring.Get(keyringService, "is there a keyring?")
		return err == nil || errors.Is(err, keyring.ErrNotFound)
	}
	address, err := sessionBus()
	if err != nil {
		return false
	}
	const patience = 5 * time.Second // the bus may have to start the keyring first
	ctx, stop := context.WithTimeout(context.Background(), patience)
	defer stop()
	conn, err := dbus.Connect(address, dbus.WithContext(ctx))
	if err != nil {
		return false
	}
	defer conn.Close()
	// The two collections that go-keyring would use.
	const service, login = "org.freedesktop.Secret.Service", "/org/freedesktop/secrets/collection/login"
	secrets := conn.Object("org.freedesktop.secrets", "/org/freedesktop/secrets")
	var byName dbus.ObjectPath
	if secrets.CallWithContext(ctx, service+".ReadAlias", 0, "default").Store(&byName) == nil && byName != "/" {
		return true
	}
	var all []dbus.ObjectPath
	err = secrets.CallWithContext(ctx, "org.freedesktop.DBus.Properties.Get", 0, service, "Collections").Store(&all)
	return err == nil && slices.Contains(all, login)
}

// sessionBus finds the address of the desktop's message bus. Where there is none, a
// D-Bus library would start one of its own, and leave it running.
func sessionBus() (string, error) {
	if a := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); a != "" {
		if a == "disabled:" {
			return "", fs.ErrNotExist
		}
		return a, nil
	}
	path := filepath.Join(os.Getenv("XDG_RUNTIME_DIR"), "bus")
	_, err := os.Stat(path)
	return "unix:path=" + path, err
}

// desktopKeys is the Secret Service on Linux, Keychain on macOS, Credential
// Manager on Windows.
type desktopKeys struct {
	turn chan struct{} // holds one token while the keyring works: it is asked one thing at a time, as is the user
}

func newDesktopKeys() desktopKeys { return desktopKeys{turn: make(chan struct{}, 1)} }

func (d desktopKeys) Get(ctx context.Context, id string) (Key, error) {
	s, err := ask(ctx, d.turn, func() (string, error) { return keyring.Get(keyringService, id) })
	if errors.Is(err, keyring.ErrNotFound) {
		return Key{}, ErrNoKey
	}
	if err != nil {
		return Key{}, fmt.Errorf("app: read the keyring: %w", err)
	}
	return NewKey(s), nil
}

func (d desktopKeys) Set(ctx context.Context, id string, k Key) error {
	_, err := ask(ctx, d.turn, func() (struct{}, error) { return struct{}{}, keyring.Set(keyringService, id, k.Reveal()) })
	if err != nil {
		return fmt.Errorf("app: write to the keyring: %w", err)
	}
	return nil
}

func (d desktopKeys) Forget(ctx context.Context, id string) error {
	_, err := ask(ctx, d.turn, func() (struct{}, error) { return struct{}{}, keyring.Delete(keyringService, id) })
	if err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("app: delete from the keyring: %w", err)
	}
	return nil
}

func (d desktopKeys) Note() Sentence { return "" }

// ask waits for what the keyring does, until ctx ends. It cannot be called off: its
// question to the user stays, and the goroutine that waits for the answer with it.
func ask[T any](ctx context.Context, turn chan struct{}, of func() (T, error)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	var none T
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return none, errors.Join(errKeyringSilent, ctx.Err())
	}
	came := make(chan answer, 1)
	go func() {
		var a answer
		defer func() {
			if broken := recover(); broken != nil { // go-keyring trips over a bus that ends while it asks
				a.err = fmt.Errorf("the keyring's library failed: %v", broken)
			}
			<-turn
			came <- a
		}()
		a.value, a.err = of()
	}()
	select {
	case a := <-came:
		return a.value, a.err
	case <-ctx.Done():
		return none, errors.Join(errKeyringSilent, ctx.Err())
	}
}
