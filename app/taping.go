package app

import (
	"time"

	"tally/app/recording"
	"tally/app/words"
)

// SetRecording begins or ends a recording, also in the middle of a show, and is
// how the next show begins.
func (s *Studio) SetRecording(on bool) error {
	s.mu.Lock()
	set := s.settings
	s.wish.record = &on
	s.mu.Unlock()
	s.poke()
	set.Record = on
	return s.Apply(set)
}

// PauseRecording leaves out what comes from now on, and ResumeRecording goes on
// with the next key frame, in the same file.
func (s *Studio) PauseRecording()  { s.intend(func(w *wish) { w.pause = yes }) }
func (s *Studio) ResumeRecording() { s.intend(func(w *wish) { w.pause = no }) }

var yes, no = new(true), new(false)

// Mark sets a chapter mark in the recording, at this moment.
func (s *Studio) Mark(title string) {
	at := s.clock.Now()
	if title == "" {
		title = s.opts.Say("Mark")
	}
	s.intend(func(w *wish) {
		if len(w.marks) < 100 { // more than anybody can press until control looks
			w.marks = append(w.marks, recording.Mark{At: at, Title: title})
		}
	})
}

// SaveReplay writes the last [Settings.ReplaySeconds] of the show into a file.
func (s *Studio) SaveReplay() { s.intend(func(w *wish) { w.replay = true }) }

// obeyTape does what the user wants of the running show's tape.
func (s *Studio) obeyTape(w wish, set Settings) {
	sh := s.show
	sh.tape.keepReplay(set.ReplaySeconds)
	if w.record != nil && s.state != Ending {
		if *w.record {
			s.record(sh, set)
		} else {
			sh.tape.end()
		}
	}
	if w.pause != nil {
		if sh.tape.pause(*w.pause); !*w.pause {
			sh.wantKey()
		}
	}
	for _, m := range w.marks {
		sh.tape.mark(m)
	}
	if w.replay {
		s.saveReplay(sh, set)
	}
}

// record begins a recording in mid-show. It does not wait for the disk.
func (s *Studio) record(sh *show, set Settings) {
	if sh.tape.records() {
		return
	}
	s.writing.Go(func() {
		makeFolder(set)
		path := newFile(set, "")
		rec, err := openRecording(s.recording(sh.tape.params(), path, set))
		if err != nil {
			sh.tape.fail(err)
			return
		}
		sh.tape.begin(rec)
		sh.wantKey() // it begins now and not at the next one
	})
}

// noteOffAir tells the tape what viewers have missed so far: what the destination
// that the encoder serves did not get.
func (sh *show) noteOffAir() {
	for _, o := range sh.outputs {
		if !o.main {
			continue
		}
		now, wall := sh.clock.Now(), time.Now()
		var gaps []recording.Gap
		for _, l := range o.lost() {
			g := recording.Gap{From: max(1, now-wall.Sub(l.from)), Cause: l.Cause.String()}
			if !l.until.IsZero() {
				g.Until = now - wall.Sub(l.until)
			}
			gaps = append(gaps, g)
		}
		sh.tape.offAir(gaps)
		return
	}
}

const (
	// earlyWarning is how many minutes before the disk is full people are told.
	earlyWarning = 15
	// stuckAfter is how long a disk may not answer before people are told.
	stuckAfter = 3 * time.Second
	// growth is over how long the rate of a recording is measured.
	growth = 30 * time.Second
)

// status is what a snapshot says of the tape.
func (t *tape) status(set Settings, now time.Time) RecordingStatus {
	t.mu.Lock()
	k, on, buffer := t.last, t.take != nil, t.replay
	t.mu.Unlock()
	var s RecordingStatus
	if buffer != nil {
		span, bytes := buffer.Holds()
		s.ReplaySeconds, s.ReplayBytes = Seconds(span), bytes
	}
	if k == nil {
		return s
	}
	if k.Recording != nil {
		r := k.Status()
		s.Path, s.On, s.Paused, s.Seconds, s.Bytes = r.Path, on, r.Paused, round1(r.Duration.Seconds()), r.Bytes
		s.Dropped, s.QueuedBytes = r.Dropped, r.Queued
		if len(r.Parts) > 1 {
			s.Parts = r.Parts
		}
		if on && r.Free >= 0 {
			s.MinutesLeft = int(r.Free / k.rate(set, r, now) / 60)
			if s.MinutesLeft < earlyWarning && !r.Paused {
				s.Problem = Problem{
					Title:  words.Count(s.MinutesLeft, "The disk has room for %d more minute of recording.", "The disk has room for %d more minutes of recording."),
					Advice: "Free some space. When it is full, the recording ends in good order and the stream goes on.",
				}
			}
		}
		if on && r.Stuck > stuckAfter {
			s.Problem = Problem{
				Title:  words.Say("The disk has not answered for %.0f s; %d MB of the recording wait in memory.", r.Stuck.Seconds(), r.Queued>>20),
				Advice: "The stream is not affected. Tally keeps up to 64 MB until the disk is back.", Retry: true,
			}
		}
		if r.Dropped > 0 && s.Problem.IsZero() {
			s.Problem = Problem{Title: words.Count(r.Dropped, "The disk was too slow: %d picture is missing in the recording.", "The disk was too slow: %d pictures are missing in the recording."), Advice: "Record to a faster disk."}
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		s.Problem = Explain(k.err)
	}
	return s
}

// rate is how fast a recording grows, in bytes a second; before that is known, how
// fast it should.
func (k *take) rate(set Settings, r recording.Status, now time.Time) int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if old := k.rates[1]; old.at.IsZero() || now.Sub(old.at) > growth {
		k.rates = [2]reading{old, {now, r.Bytes}}
	}
	rate := bytesEach(set)
	if old := k.rates[0]; !old.at.IsZero() && now.Sub(old.at) > growth {
		rate = int64(float64(r.Bytes-old.bytes) / now.Sub(old.at).Seconds())
	}
	return max(rate, 1000)
}

// report says which quality is kept.
func (s *second) report(r *RecordingStatus, lowered bool) {
	r.Dropped += int(s.lost.Load())
	switch {
	case !r.On:
	case lowered && s.tooSlow.Load():
		r.Quality = "This machine cannot encode twice: the recording is as the stream, below the quality you chose."
	case !s.splice.idle():
		r.Quality = "The recording keeps the quality you chose; only the stream is lowered."
	}
}
