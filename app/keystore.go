package app

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/natefinch/atomic"
	"github.com/zalando/go-keyring"

	"tally/app/words"
)

// KeyStore keeps stream keys, by destination ID. Its methods may wait for the
// desktop to ask the user for the keyring's password; none is called on the
// window's goroutine.
type KeyStore interface {
	Get(id string) (Key, error) // an error that is [ErrNoKey] when none is stored
	Set(id string, k Key) error
	Forget(id string) error
	// Note is a sentence for the user when keys are not kept as safely as they
	// could be, else empty.
	Note() Sentence
}

// ErrNoKey means that no key is stored for a destination.
var ErrNoKey = errors.New("no stream key is stored")

// OpenKeyStore uses the desktop's keyring, and where there is none a file in dir
// that only its owner can read.
func OpenKeyStore(dir string) KeyStore {
	if desktopHasKeyring() {
		return desktopKeys{}
	}
	return &fileKeys{path: filepath.Join(dir, "keys.json")}
}

const keyringService = "Tally stream key"

// desktopHasKeyring looks for a running session bus before go-keyring does: on
// Linux its D-Bus library would otherwise start a bus of its own, and leave it
// running.
func desktopHasKeyring() bool {
	if runtime.GOOS == "linux" {
		if _, err := sessionBus(); err != nil {
			return false
		}
	}
	_, err := keyring.Get(keyringService, "is there a keyring?")
	return err == nil || errors.Is(err, keyring.ErrNotFound)
}

// sessionBus finds the address of the desktop's message bus.
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
type desktopKeys struct{}

func (desktopKeys) Get(id string) (Key, error) {
	s, err := keyring.Get(keyringService, id)
	if errors.Is(err, keyring.ErrNotFound) {
		return Key{}, ErrNoKey
	}
	if err != nil {
		return Key{}, fmt.Errorf("app: read the keyring: %w", err)
	}
	return NewKey(s), nil
}

func (desktopKeys) Set(id string, k Key) error {
	if err := keyring.Set(keyringService, id, k.Reveal()); err != nil {
		return fmt.Errorf("app: write to the keyring: %w", err)
	}
	return nil
}

func (desktopKeys) Forget(id string) error {
	if err := keyring.Delete(keyringService, id); err != nil && !errors.Is(err, keyring.ErrNotFound) {
		return fmt.Errorf("app: delete from the keyring: %w", err)
	}
	return nil
}

func (desktopKeys) Note() Sentence { return "" }

// fileKeys is a JSON object of mode 0600.
type fileKeys struct {
	path string
	mu   sync.Mutex
}

func (f *fileKeys) load() (map[string]string, error) {
	keys := map[string]string{}
	data, err := readBounded(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return keys, nil
	}
	if err != nil {
		return nil, fmt.Errorf("app: read the stream keys: %w", err)
	}
	if err := json.Unmarshal(data, &keys); err != nil {
		return nil, fmt.Errorf("app: the file with the stream keys is damaged: %w", err)
	}
	return keys, nil
}

// change rewrites the file. A temporary file is born with mode 0600 and renamed,
// so the keys are never readable by others and never half written.
func (f *fileKeys) change(edit func(map[string]string)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys, err := f.load()
	if err != nil {
		return err
	}
	edit(keys)
	data, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(f.path), 0o700); err != nil {
		return fmt.Errorf("app: save the stream key: %w", err)
	}
	if err := atomic.WriteFile(f.path, bytes.NewReader(data)); err != nil {
		return fmt.Errorf("app: save the stream key: %w", err)
	}
	return os.Chmod(f.path, 0o600)
}

func (f *fileKeys) Get(id string) (Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys, err := f.load()
	if err != nil {
		return Key{}, err
	}
	s, ok := keys[id]
	if !ok {
		return Key{}, ErrNoKey
	}
	return NewKey(s), nil
}

func (f *fileKeys) Set(id string, k Key) error {
	return f.change(func(keys map[string]string) { keys[id] = k.Reveal() })
}

func (f *fileKeys) Forget(id string) error {
	return f.change(func(keys map[string]string) { delete(keys, id) })
}

func (f *fileKeys) Note() Sentence {
	return words.Say("This desktop has no keyring: your stream keys are kept in %s, which only you can read.", f.path)
}

// MemoryKeys keeps keys for as long as the program runs; the command line uses
// it for what it is given in flags.
type MemoryKeys map[string]Key

// Get, Set, Forget and Note implement [KeyStore].
func (m MemoryKeys) Get(id string) (Key, error) {
	k, ok := m[id]
	if !ok {
		return Key{}, ErrNoKey
	}
	return k, nil
}
func (m MemoryKeys) Set(id string, k Key) error { m[id] = k; return nil }
func (m MemoryKeys) Forget(id string) error     { delete(m, id); return nil }
func (m MemoryKeys) Note() Sentence             { return "" }
