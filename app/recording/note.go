package recording

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"tally/capture/libav"
)

// note says that a file is being written, and what its chapters are. It is locked
// by who writes it, and removed when the file is finished: one that is there and
// not locked tells of a file that was cut off.
//
// Each line of it is one state as JSON; the last whole one counts, so that no
// crash can damage it.
type note struct {
	file *os.File
	last []libav.Chapter
}

// noteLine is the form of a line. It stays readable for later versions.
type noteLine struct {
	Path     string          `json:"path"` // absolute
	Chapters []libav.Chapter `json:"chapters,omitempty"`
}

const (
	noteExt  = ".recording"
	noteMost = 4 << 20 // bytes that are read of a note
)

func newNote(folder, path string) (*note, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(path))
	f, err := os.OpenFile(filepath.Join(folder, hex.EncodeToString(sum[:8])+noteExt), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	n := &note{file: f}
	if !lock(f) {
		f.Close()
		return nil, errors.New("recording: another program writes this file")
	}
	if err := n.add(noteLine{Path: path}); err != nil {
		n.close(true)
		return nil, err
	}
	return n, syncFolder(f.Name())
}

func (n *note) add(l noteLine) error {
	b, err := json.Marshal(l)
	if err != nil {
		return err
	}
	if _, err := n.file.Write(append(b, '\n')); err != nil {
		return err
	}
	return syncData(n.file)
}

// update writes the chapters down, if they have changed. Ends that are only that
// of the file so far do not count.
func (n *note) update(c []libav.Chapter) error {
	same := slices.EqualFunc(c, n.last, func(a, b libav.Chapter) bool { return a.Start == b.Start && a.Title == b.Title })
	if same {
		return nil
	}
	n.last = c
	line, err := lastLine(n.file)
	if err != nil {
		return err
	}
	if size, err := n.file.Seek(0, io.SeekEnd); err != nil || size > noteMost/2 {
		return errors.Join(err, n.file.Truncate(size)) // as many as anybody needs
	}
	line.Chapters = c
	return n.add(line)
}

// close ends the note, which is removed when its file needs it no more.
func (n *note) close(remove bool) {
	if remove {
		os.Remove(n.file.Name())
	}
	n.file.Close() // and with it the lock
}

// lastLine reads the newest state.
func lastLine(f *os.File) (noteLine, error) {
	var l noteLine
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return l, err
	}
	b, err := io.ReadAll(io.LimitReader(f, noteMost))
	if err != nil {
		return l, err
	}
	lines := bytes.Split(b, []byte("\n"))
	for _, line := range slices.Backward(lines) {
		if json.Unmarshal(line, &l) == nil && filepath.IsAbs(l.Path) {
			return l, nil
		}
	}
	return l, fs.ErrInvalid
}

// Cut is a file that was not finished.
type Cut struct {
	Path     string
	Chapters []libav.Chapter // as far as they were known
	note     string
}

// Unfinished finds the files that a crash has cut off, by the notes in a folder.
// Those that are being written, by any program, are not among them. Notes of files
// that are gone are removed.
func Unfinished(folder string) ([]Cut, error) {
	notes, err := filepath.Glob(filepath.Join(folder, "*"+noteExt))
	if err != nil {
		return nil, err
	}
	var all []Cut
	for _, name := range notes {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue
		}
		if lock(f) {
			l, err := lastLine(f)
			_, there := os.Stat(l.Path)
			_, folder := os.Stat(filepath.Dir(l.Path))
			switch {
			case err != nil, errors.Is(there, fs.ErrNotExist) && folder == nil: // a disk that is not plugged in may come back
				os.Remove(name)
			case there == nil:
				all = append(all, Cut{Path: l.Path, Chapters: l.Chapters, note: name})
			}
		}
		f.Close()
	}
	return all, nil
}
