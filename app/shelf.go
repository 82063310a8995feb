package app

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"

	"tally/app/recording"
	"tally/app/words"
)

// FileWork is something that is done with the file of a recording.
type FileWork struct {
	Kind    FileKind  `json:"kind"`
	Path    string    `json:"path"` // of the recording
	State   WorkState `json:"state"`
	Made    []string  `json:"made,omitempty"` // files
	Seconds Seconds   `json:"seconds,omitzero"`
	Problem Problem   `json:"problem,omitzero"`
}

// FileKind is what is done with a file.
type FileKind string

const (
	Repair FileKind = "repair" // finish a file that a crash has cut off
	Remux  FileKind = "remux"  // make a plain MP4 of it
	Missed FileKind = "missed" // write what viewers did not get into files of their own
	Replay FileKind = "replay" // save the last seconds of the show
)

// WorkState is how far work on a file is.
type WorkState string

const (
	Waiting WorkState = "waiting" // for its turn, or for somebody to ask for it
	Working WorkState = "working"
	Done    WorkState = "done"
	Failed  WorkState = "failed"
)

// shelf is the work on files, one after the other, by a goroutine of its own.
type shelf struct {
	wake chan struct{} // one token: there is work

	mu   sync.Mutex
	jobs []*fileJob
}

type fileJob struct {
	FileWork
	asked bool // somebody wants it
	work  func(context.Context) ([]recording.Made, error)
}

// jobsKept bounds the list of what is done.
const jobsKept = 50

func newShelf() shelf { return shelf{wake: make(chan struct{}, 1)} }

// RepairFile finishes a recording that a crash has cut off, one of those that the
// snapshot lists. It is how to try again, too.
func (s *Studio) RepairFile(path string) {
	s.shelf.ask(func(j *fileJob) bool { return j.Kind == Repair && j.Path == path && j.State != Done })
	s.poke()
}

// RemuxFile makes a plain MP4 of a recording, beside it.
func (s *Studio) RemuxFile(path string) {
	s.add(Remux, path, func(ctx context.Context) ([]recording.Made, error) {
		made, err := recording.Remux(ctx, path)
		return []recording.Made{made}, err
	})
}

// ExportMissed writes each part of a recording that viewers did not get, since the
// show was off air, into a file of its own, beside it.
func (s *Studio) ExportMissed(path string) {
	s.add(Missed, path, func(ctx context.Context) ([]recording.Made, error) {
		gaps, err := recording.Missed(path)
		if err != nil {
			return nil, err
		}
		if len(gaps) == 0 {
			return nil, errNothingMissed
		}
		return recording.ExportMissed(ctx, path, gaps)
	})
}

// errNothingMissed means that viewers got all of a show.
var errNothingMissed = errors.New("app: viewers have missed nothing")

// saveReplay writes what is remembered.
func (s *Studio) saveReplay(sh *show, set Settings) {
	packets, p := sh.tape.remembered()
	path := newFile(set, " replay")
	s.add(Replay, path, func(ctx context.Context) ([]recording.Made, error) {
		makeFolder(set)
		p.Path = path
		made, err := recording.Save(ctx, p, packets)
		for _, p := range packets {
			p.Release()
		}
		return []recording.Made{made}, err
	})
}

func (s *Studio) add(kind FileKind, path string, work func(context.Context) ([]recording.Made, error)) {
	s.shelf.put(&fileJob{FileWork: FileWork{Kind: kind, Path: path, State: Waiting}, asked: true, work: work})
	s.poke()
}

func (f *shelf) put(j *fileJob) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n := 0; len(f.jobs) >= jobsKept && n < len(f.jobs); n++ {
		if s := f.jobs[n].State; s == Done || s == Failed {
			f.jobs = slices.Delete(f.jobs, n, n+1)
			break
		}
	}
	f.jobs = append(f.jobs, j)
	token(f.wake)
}

// ask makes those that are meant be done, or done again.
func (f *shelf) ask(meant func(*fileJob) bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range f.jobs {
		if meant(j) && j.State != Working {
			j.asked, j.State, j.Problem = true, Waiting, Problem{}
			token(f.wake)
		}
	}
}

func (f *shelf) list() []FileWork {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []FileWork
	for _, j := range f.jobs {
		all = append(all, j.FileWork)
	}
	return all
}

// next is what is to be done now, if there is something.
func (f *shelf) next() *fileJob {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, j := range f.jobs {
		if j.asked && j.State == Waiting {
			j.State = Working
			return j
		}
	}
	return nil
}

func (f *shelf) done(j *fileJob, made []recording.Made, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	j.State, j.Made, j.Seconds = Done, nil, 0
	for _, m := range made {
		if m.Path != "" {
			j.Made = append(j.Made, m.Path)
			j.Seconds += Seconds(m.Duration)
		}
	}
	if err != nil {
		j.State, j.Problem = Failed, explainFile(j.Kind, filepath.Base(j.Path), err)
	}
}

// keepShelf is the goroutine that works on files.
func (s *Studio) keepShelf(ctx context.Context) error {
	s.lookForCut()
	defer s.shelf.empty()
	for {
		for j := s.shelf.next(); j != nil; j = s.shelf.next() {
			s.poke()
			made, err := j.work(ctx)
			s.shelf.done(j, made, err)
			s.poke()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.shelf.wake:
		}
	}
}

// empty lets what was not done any more release what it holds.
func (f *shelf) empty() {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	for j := f.next(); j != nil; j = f.next() {
		made, err := j.work(over)
		f.done(j, made, err)
	}
}

// lookForCut lists the recordings that a crash has cut off, and finishes them if
// the studio is set up so.
func (s *Studio) lookForCut() {
	if s.notes() == "" {
		return
	}
	cut, err := recording.Unfinished(s.notes())
	if err != nil {
		return // without the folder nothing was recorded
	}
	for _, c := range cut {
		s.shelf.put(&fileJob{
			FileWork: FileWork{Kind: Repair, Path: c.Path, State: Waiting}, asked: s.opts.Recover,
			work: func(ctx context.Context) ([]recording.Made, error) {
				made, err := recording.Repair(ctx, c)
				return []recording.Made{made}, err
			},
		})
	}
	s.poke()
}

// explainFile says what could not be done with a file.
func explainFile(kind FileKind, name string, err error) Problem {
	what := map[FileKind]struct{ alone, because Sentence }{
		Repair: {"%s could not be finished.", "%s could not be finished: %s"},
		Remux:  {"%s could not become an MP4.", "%s could not become an MP4: %s"},
		Missed: {"%s could not be searched for what viewers missed.", "%s could not be searched for what viewers missed: %s"},
		Replay: {"%s could not be saved.", "%s could not be saved: %s"},
	}[kind]
	because := func(why Sentence) Sentence { return words.Say(string(what.because), name, why) }
	switch {
	case errors.Is(err, recording.ErrNoRoom):
		return Problem{Title: because("the disk has no room for another copy."), Advice: "Free some space and try again.", Retry: true}
	case errors.Is(err, recording.ErrNothingThere):
		return Problem{Title: because("there is nothing in it."), Advice: "Nothing was lost that had been recorded."}
	case errors.Is(err, errNothingMissed):
		return Problem{Title: words.Say("Viewers have missed nothing of %s.", name), Advice: "There is nothing to export."}
	}
	p := Explain(&recordError{err})
	return Problem{Title: words.Say(string(what.alone), name), Advice: p.Advice, Retry: true}
}
