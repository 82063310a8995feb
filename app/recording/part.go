package recording

import (
	"errors"
	"os"

	"tally/capture/libav"
)

// part is one file of a recording.
type part struct {
	writer
	path     string
	note     *note // nil: none is made
	finished bool
}

// openPart makes the file, and the note that it is not finished.
func openPart(r *Recording, path string, setup libav.MuxSetup) (_ *part, err error) {
	p := &part{path: path}
	f, err := r.create(path)
	if err != nil {
		return nil, err
	}
	p.out = &counted{file: f}
	p.video, p.audio = setup.Video != nil, setup.Audio != nil
	if r.params.Notes != "" {
		// Without a note the show is recorded all the same.
		p.note, _ = newNote(r.params.Notes, path)
	}
	if p.mux, err = libav.NewMuxer(p.out, setup); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// sync forces what there is to the disk.
func (p *part) sync(c []libav.Chapter) error {
	if err := p.mux.Flush(); err != nil {
		return err
	}
	if p.note != nil {
		_ = p.note.update(c) // the show is more important than its chapters
	}
	return p.out.sync()
}

// finish writes what is still held, the chapters and the index.
func (p *part) finish(c []libav.Chapter) error {
	if !p.began || p.finished {
		return nil
	}
	for _, c := range c {
		if err := p.mux.Chapter(c); err != nil {
			return err
		}
	}
	if err := p.mux.Finish(); err != nil {
		return err
	}
	p.finished = true
	return nil
}

// close closes the file. One without pictures is removed; one without an index is
// cut off behind what is whole, and keeps its note.
func (p *part) close() error {
	p.forget()
	if p.mux != nil {
		p.mux.Close()
	}
	if p.began && !p.finished && p.out.Truncate(p.out.whole) == nil {
		// The end was half a cluster or fragment, which players would stumble over.
		p.out.size = p.out.whole
	}
	err := p.out.SyncData()
	if e := p.out.Close(); err == nil {
		err = e
	}
	if !p.began {
		err = errors.Join(err, os.Remove(p.path))
	}
	if p.note != nil {
		p.note.close(err == nil && (p.finished || !p.began))
	}
	return err
}
