package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/natefinch/atomic"

	"tally/app/words"
)

// KeyStore keeps stream keys, by destination ID. Its methods may wait, until ctx
// ends, for the desktop to ask the user for the keyring's password; none is called
// on the window's goroutine.
type KeyStore interface {
	Get(ctx context.Context, id string) (Key, error) // an error that is [ErrNoKey] when none is stored
	Set(ctx context.Context, id string, k Key) error
	Forget(ctx context.Context, id string) error
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
		return newDesktopKeys()
	}
	return &fileKeys{path: filepath.Join(dir, "keys.json")}
}

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

func (f *fileKeys) Get(_ context.Context, id string) (Key, error) {
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

func (f *fileKeys) Set(_ context.Context, id string, k Key) error {
	return f.change(func(keys map[string]string) { keys[id] = k.Reveal() })
}

func (f *fileKeys) Forget(_ context.Context, id string) error {
	return f.change(func(keys map[string]string) { delete(keys, id) })
}

func (f *fileKeys) Note() Sentence {
	return words.Say("This desktop has no keyring: your stream keys are kept in %s, which only you can read.", f.path)
}

// MemoryKeys keeps keys for as long as the program runs; the command line uses
// it for what it is given in flags.
type MemoryKeys map[string]Key

// Get, Set, Forget and Note implement [KeyStore].
func (m MemoryKeys) Get(_ context.Context, id string) (Key, error) {
	k, ok := m[id]
	if !ok {
		return Key{}, ErrNoKey
	}
	return k, nil
}
func (m MemoryKeys) Set(_ context.Context, id string, k Key) error { m[id] = k; return nil }
func (m MemoryKeys) Forget(_ context.Context, id string) error     { delete(m, id); return nil }
func (m MemoryKeys) Note() Sentence                                { return "" }
