package app

import (
	"context"
	"time"

	"tally/app/netwatch"
)

// onStage is what the control goroutine knows of the running show. Nobody else
// touches it.
type onStage struct {
	state   State
	show    *show // nil while idle or still being prepared
	stage   *stage
	began   time.Duration // when GoLive was seen
	since   time.Duration // when the show was first live; 0 before
	sleeps  netwatch.Sleeps
	asleep  time.Duration // of the time since then
	history []HistoryPoint
	account account
	report  Report // of the last show
	talk    talk
	strain  strain
}

// stage is the line between control and the goroutine that performs a show.
type stage struct {
	resumed bool          // the show goes on where a crash has ended it
	ending  chan struct{} // closed by control: finish
	ended   bool          // ending is closed
	ready   chan *show    // one value, when everything is open
	done    chan error    // one value, at the very end
}

// ticks is how often numbers are read and a snapshot is posted when nothing
// happens: four times a second, as fast as numbers can be read.
const ticks = 250 * time.Millisecond

// control is the goroutine that owns the state machine: it sees to what the user
// wants, starts and ends shows, and posts snapshots.
func (s *Studio) control(ctx context.Context) error {
	defer s.leaveStage()
	ticker := time.NewTicker(ticks)
	defer ticker.Stop()
	s.post()
	s.sleeps = netwatch.WatchSleep()
	for {
		ready, done := (<-chan *show)(nil), (<-chan error)(nil)
		if s.stage != nil {
			ready, done = s.stage.ready, s.stage.done
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.wake:
		case s.show = <-ready:
		case err := <-done:
			s.finished(err)
		case <-ticker.C:
			s.talk.hear(s.sound.Level())
			s.tick()
		}
		if d := s.sleeps.Since(); d > 0 && s.state != Idle {
			s.woke(d)
		}
		s.obey(ctx)
		s.tune()
		s.follow()
		s.post()
	}
}

// obey does what the user asked for since the last look.
func (s *Studio) obey(ctx context.Context) {
	s.mu.Lock()
	w := s.wish
	s.wish = wish{}
	set := s.settings
	if w.goLive && s.state == Idle {
		s.problem = Problem{}
		s.fileUnfinished()
	}
	s.mu.Unlock()
	resumed := w.resume && s.state == Idle && s.reopen()
	if w.goLive && s.state == Idle {
		s.began, s.account = s.clock.Now(), openAccount(time.Now())
	}
	if (w.goLive || resumed) && s.state == Idle {
		s.measuring.end(true)
		s.move(evGoLive)
		s.since, s.asleep, s.history, s.report = 0, 0, nil, Report{}
		s.talk, s.strain = talk{}, strain{}
		st := &stage{resumed: resumed, ending: make(chan struct{}), ready: make(chan *show, 1), done: make(chan error, 1)}
		s.stage = st
		go func() { st.done <- s.perform(ctx, set, st) }()
	}
	if w.end {
		s.move(evEnd)
	}
	if s.show != nil {
		for _, o := range s.show.outputs {
			if w.retry {
				o.retryNow()
			}
			if w.shake {
				o.shake()
			}
		}
	}
	if s.show != nil {
		s.obeyTape(w, set)
		s.show.chosen.Store(int64(set.Video.BitrateKbps) * 1000)
		s.show.adapts.Store(set.Adapt)
		s.show.eases.Store(set.Video.KeepUp)
	}
}

// follow turns the states of the outputs and sources into events of the show.
func (s *Studio) follow() {
	if s.show != nil && s.state != Ending {
		s.move(s.heardFromOutputs())
	}
	if s.state == Live && s.since == 0 {
		s.since = s.clock.Now()
		s.video.hold(false)
		s.audio.hold(false)
	}
	if s.opts.Unattended && s.since != 0 && s.filesAreOver() {
		s.move(evEnd)
	}
	if s.state == Ending && !s.stage.ended {
		s.stage.ended = true
		close(s.stage.ending)
	}
}

// noEvent leaves every state as it is.
const noEvent event = 255

func (s *Studio) heardFromOutputs() event {
	var live, stalled, refused int
	var cause error
	waiting := false
	for _, o := range s.show.outputs {
		st, err := o.now()
		waiting = waiting || st == Connecting && err == nil
		switch st {
		case Live:
			live++
		case Stalled:
			stalled++
		case Refused:
			refused++
			cause = err
		}
	}
	if !waiting {
		s.show.answer()
	}
	switch {
	case live > 0:
		return evLive
	case stalled > 0:
		return evStalled
	case refused == len(s.show.outputs) && s.state == Connecting:
		s.mu.Lock()
		s.problem = Explain(cause)
		s.mu.Unlock()
		return evRefused
	case s.state == Live || s.state == Stalled:
		return evLost
	}
	return noEvent
}

// filesAreOver tells whether the show was made from files and they have ended.
func (s *Studio) filesAreOver() bool {
	v, a := s.video.now().State, s.audio.now().State
	return v == SourceEnded && (a == SourceEnded || a == SourceOff) || a == SourceEnded && v == SourceOff
}

// finished is called when the show's goroutine is gone.
func (s *Studio) finished(err error) {
	if err != nil {
		s.mu.Lock()
		s.problem = Explain(err)
		s.mu.Unlock()
	}
	s.move(evEnd)        // when the show broke by itself
	last := s.Snapshot() // for what a show does not know itself
	last.Outputs = nil
	if s.show != nil {
		s.show.count(s.clock.Now())
		s.show.report(&last)
		for i, o := range s.show.outputs {
			last.Outputs[i].Losses = since(s.account.Began, o.lost())
		}
	}
	s.report = s.account.close(s.clock.Now()-s.began, &last)
	s.fileReport()
	s.learnFromShow()
	s.measuring.allow()
	s.move(evFinished)
	s.show, s.stage = nil, nil
	if s.opts.Unattended {
		s.video.hold(true)
		s.audio.hold(true)
	}
}

// leaveStage waits for a show that the end of Run has cut off.
func (s *Studio) leaveStage() {
	if s.stage != nil {
		<-s.stage.done
	}
}

// move takes the one way to another state, and writes it into the account.
func (s *Studio) move(e event) {
	was := s.state
	s.state = next(was, e)
	if s.state == was || s.state == Idle {
		return
	}
	var cause Sentence
	if s.show != nil && s.state == Reconnecting {
		for _, o := range s.show.outputs {
			if _, err := o.now(); err != nil {
				cause = Explain(err).Title
			}
		}
	}
	s.account.note(s.clock.Now()-s.began, s.state, cause)
	s.markRunning()
}

// reopen goes on with the account of the show that was left unfinished; false
// when there is none.
func (s *Studio) reopen() bool {
	n, stopped := s.takeUnfinished()
	if n == nil {
		return false
	}
	s.account = n.Account
	s.began = s.clock.Now() - time.Since(n.Account.Began)
	s.account.note(stopped.Sub(n.Account.Began), Reconnecting, "Tally or this computer stopped unexpectedly.")
	return true
}

// historyKept bounds the graph: ten minutes.
const historyKept = 600

// tick reads the counters that are rates, and adds to the history.
func (s *Studio) tick() {
	if s.show == nil {
		return
	}
	now := s.clock.Now()
	s.show.count(now)
	s.show.noteOffAir()
	last := s.Snapshot()
	s.strain.watch(last.Video.Skipped, last.Machine.CPUPercent)
	at := (now - s.began).Truncate(time.Second)
	if n := len(s.history); n > 0 && s.history[n-1].At == at {
		return
	}
	p := HistoryPoint{At: at, State: s.state, TargetKbps: int(s.show.bitrate.Load() / 1000)}
	for _, o := range s.show.outputs {
		if o.main {
			p.SentKbps = o.kbps
			break
		}
	}
	p.measure(last)
	s.account.plot(p)
	if at%beat == 0 {
		s.markRunning()
	}
	// Snapshots share the old slice: append to a copy when it would move.
	s.history = append(s.history[max(0, len(s.history)+1-historyKept):len(s.history):len(s.history)], p)
}
