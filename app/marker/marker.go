// Package marker remembers on disk that a show is running, so that after a crash
// or a power cut the next start can tell, and offer to go on.
//
// The file is there exactly as long as a show is: written when it begins, touched
// while it lives, removed when it ends. A lock beside it, which the system takes
// back from a program that is gone, tells a crash from a second program.
package marker

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/natefinch/atomic"
)

// Session is a running show.
type Session struct {
	Started time.Time       `json:"started"`
	Alive   time.Time       `json:"alive"` // when it was last seen to be running
	Note    json.RawMessage `json:"note"`  // what its owner wants to know of it
}

// Marker is the place of the mark. Its methods are for one goroutine.
type Marker struct {
	path string
	lock *os.File
}

// ErrBusy means that another program that runs now uses the marker.
var ErrBusy = errors.New("marker: in use by another program")

// maxFile bounds what is read of a file, in bytes.
const maxFile = 1 << 20

// Open takes the marker at a path, and returns the session that was never ended,
// if there is one. A damaged file counts as none.
func Open(path string) (*Marker, *Session, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, nil, fmt.Errorf("marker: make the folder: %w", err)
	}
	f, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("marker: open the lock: %w", err)
	}
	if !lock(f) {
		f.Close()
		return nil, nil, ErrBusy
	}
	m := &Marker{path: path, lock: f}
	return m, m.read(), nil
}

func (m *Marker) read() *Session {
	f, err := os.Open(m.path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile))
	var s Session
	if err != nil || json.Unmarshal(data, &s) != nil || s.Started.IsZero() {
		return nil
	}
	return &s
}

// Write marks a session as running, or that it still does. After a power cut
// either the old or the new mark is there.
func (m *Marker) Write(s Session) error {
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("marker: write: %w", err)
	}
	if err := atomic.WriteFile(m.path, bytes.NewReader(data)); err != nil {
		return fmt.Errorf("marker: write: %w", err)
	}
	return nil
}

// Clear says that no show is running.
func (m *Marker) Clear() error {
	if err := os.Remove(m.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("marker: remove: %w", err)
	}
	return nil
}

// Close gives the marker up as it is.
func (m *Marker) Close() error { return m.lock.Close() }
