package app

import (
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"time"

	"tally/app/marker"
	"tally/app/words"
)

// Unfinished is a show that was never ended: Tally or the machine stopped in the
// middle of it.
type Unfinished struct {
	Started      time.Time `json:"started"`
	Stopped      time.Time `json:"stopped"`      // when it was last seen to be running
	Destinations []string  `json:"destinations"` // their names
}

// IsZero tells whether there is none.
func (u Unfinished) IsZero() bool { return u.Started.IsZero() }

const (
	// beat is how often a running show is marked as alive.
	beat = 5 * time.Second
	// tooOld is the age from which on nobody wants to go on with a show.
	tooOld = 6 * time.Hour
)

// book is what goes to the disk about shows, and what was found there. The
// studio's lock guards it; keepBook does the work.
type book struct {
	work       chan struct{} // one token: something below has changed
	running    *note         // the show; nil: none
	ended      []Report      // not yet in the history
	unfinished *note         // found at the start, and not yet decided on
	stopped    time.Time     // when that was last alive
	readers    []func([]Report, error)
	err        error // of the last write
}

// note is what the marker holds of a show.
type note struct {
	Account      account    `json:"account"`
	Destinations []string   `json:"destinations"`
	Sentences    words.Kept `json:"sentences,omitempty"` // of the events
}

// ShowsDir is where the history of shows is: see [ReadShows]. It is empty when
// there is none.
func (o Options) ShowsDir() string {
	if o.StateDir == "" {
		return ""
	}
	return filepath.Join(o.StateDir, "shows")
}

// Unfinished is the show that the last run of Tally left behind, until Resume,
// GoLive or ForgetUnfinished decides on it.
func (s *Studio) Unfinished() Unfinished {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unfinishedNow()
}

// unfinishedNow is Unfinished for who holds the lock.
func (s *Studio) unfinishedNow() Unfinished {
	n := s.book.unfinished
	if n == nil {
		return Unfinished{}
	}
	return Unfinished{Started: n.Account.Began, Stopped: s.book.stopped, Destinations: n.Destinations}
}

// Resume goes on with the show that was left unfinished: it goes live to the
// destinations that are enabled, and its report continues the old one. Without
// such a show it does nothing.
func (s *Studio) Resume() { s.intend(func(w *wish) { w.resume = true }) }

// ForgetUnfinished puts the show that was left unfinished into the history.
func (s *Studio) ForgetUnfinished() {
	s.mu.Lock()
	s.fileUnfinished()
	s.mu.Unlock()
	s.poke()
}

// Shows reads the history, see [ReadShows], and calls read with it from another
// goroutine: it is on a disk. When the studio ends first, it does not.
func (s *Studio) Shows(read func([]Report, error)) {
	s.mu.Lock()
	s.book.readers = append(s.book.readers, read)
	s.mu.Unlock()
	token(s.book.work)
}

// fileUnfinished is ForgetUnfinished for who holds the lock.
func (s *Studio) fileUnfinished() {
	n := s.book.unfinished
	if n == nil {
		return
	}
	s.book.unfinished = nil
	r := n.Account.close(s.book.stopped.Sub(n.Account.Began), &Snapshot{})
	r.Crashed = true
	for _, name := range n.Destinations {
		r.Outputs = append(r.Outputs, OutputStatus{Name: name, Ack: AckStatus{AgeMs: -1}})
	}
	s.book.ended = append(s.book.ended, r)
	token(s.book.work)
}

// takeUnfinished is the unfinished show, for who is going on with it.
func (s *Studio) takeUnfinished() (n *note, stopped time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, s.book.unfinished = s.book.unfinished, nil
	return n, s.book.stopped
}

// markRunning gives keepBook the state of the running show. Control calls it.
func (s *Studio) markRunning() {
	if s.opts.StateDir == "" || s.show == nil || s.show.rehearsal != nil || s.state == Ending {
		return
	}
	n := note{Account: s.account.copy()}
	for _, o := range s.show.outputs {
		n.Destinations = append(n.Destinations, o.name)
	}
	s.mu.Lock()
	s.book.running = &n
	s.mu.Unlock()
	token(s.book.work)
}

// fileReport gives keepBook the report of the show that has ended. Rehearsals,
// and shows that could not begin, are not worth a report. Control calls it.
func (s *Studio) fileReport() {
	s.mu.Lock()
	s.book.running = nil
	if s.show != nil && s.show.rehearsal == nil && s.opts.StateDir != "" {
		s.book.ended = append(s.book.ended, s.report)
	}
	s.mu.Unlock()
	token(s.book.work)
}

// keepBook keeps the marker and the history. It is a goroutine of its own because
// a disk may be slow.
func (s *Studio) keepBook(ctx context.Context) error {
	var m *marker.Marker
	marked := false
	if s.opts.StateDir != "" && !s.opts.Unattended { // whoever starts those starts them again
		found, old, err := marker.Open(filepath.Join(s.opts.StateDir, "on-air.json"))
		if err == nil { // else another Tally is running, or there is no place for it
			m, marked = found, old != nil
			defer m.Close()
			s.found(old)
		}
	}
	for last := false; !last; {
		select {
		case <-ctx.Done():
			last = true // what is left to write, and this program ends in good order
		case <-s.book.work:
		}
		s.mu.Lock()
		running, ended, undecided, readers := s.book.running, s.book.ended, s.book.unfinished != nil, s.book.readers
		s.book.ended, s.book.readers = nil, nil
		s.mu.Unlock()
		var errs []error
		for _, r := range ended {
			errs = append(errs, saveShow(s.opts.ShowsDir(), r))
		}
		switch {
		case m == nil || undecided: // the old mark stays until somebody decides
		case running != nil && !last:
			n := *running
			n.Sentences = words.Keep(&n.Account.Events)
			text, err := json.Marshal(n)
			errs = append(errs, err, m.Write(marker.Session{Started: running.Account.Began, Alive: time.Now(), Note: text}))
			marked = true
		case marked:
			errs = append(errs, m.Clear())
			marked = false
		}
		s.mu.Lock()
		s.book.err = errors.Join(errs...)
		s.mu.Unlock()
		for _, read := range readers {
			if !last {
				read(ReadShows(s.opts.ShowsDir()))
			}
		}
	}
	return ctx.Err()
}

// found takes what the last run has left.
func (s *Studio) found(old *marker.Session) {
	if old == nil {
		return
	}
	var n note
	if json.Unmarshal(old.Note, &n) != nil || n.Account.Began.IsZero() || old.Alive.Before(n.Account.Began) {
		token(s.book.work) // damaged: it goes
		return
	}
	n.Sentences.Restore(&n.Account.Events)
	s.mu.Lock()
	s.book.unfinished, s.book.stopped = &n, old.Alive
	if time.Since(old.Alive) > tooOld {
		s.fileUnfinished()
	}
	s.mu.Unlock()
	s.poke()
}
