package app

import (
	"slices"
	"time"

	"tally/app/rehearsal"
)

// post makes a snapshot of everything and hangs it on the board.
func (s *Studio) post() {
	s.mu.Lock()
	snap := Snapshot{State: s.state, Settings: s.settings, Keys: s.keys, Devices: s.devices, Controls: s.controls, Machine: s.machine}
	problem := s.problem
	snap.Unfinished = s.unfinishedNow()
	snap.FirstStart = s.first
	s.mu.Unlock()
	snap.Picture, snap.Sound = s.video.now(), s.heard()
	snap.Playing = s.places()
	snap.Audio.LevelDB = round1(s.sound.Level().PeakDB)
	snap.Audio.Muted = snap.Settings.Audio.Muted
	snap.Audio.SyncMs = snap.Settings.Of(snap.Sound.Device).OffsetMs
	snap.Video.ChosenKbps = snap.Settings.Video.BitrateKbps
	snap.Video.TargetKbps = snap.Video.ChosenKbps
	snap.Video.Width, snap.Video.Height = snap.Settings.Video.Width, snap.Settings.Video.Height
	snap.Outputs = []OutputStatus{}
	if s.since > 0 && s.state != Idle {
		snap.Uptime = Seconds(s.clock.Now() - s.since + s.asleep)
		snap.Slept = Seconds(s.asleep)
	}
	snap.History, snap.Graph, snap.Report = s.history, s.account.Graph, s.report
	if s.show != nil {
		s.show.report(&snap)
	}
	snap.Files = s.shelf.list()
	snap.Picture.Problem = worse(snap.Picture.Problem, pictureProblem(s.picture.Damaged(), snap.Picture))
	if snap.State.OnAir() && !snap.Audio.Muted {
		snap.Sound.Problem = worse(snap.Sound.Problem, soundProblem(s.sound.Level(), snap.Sound, s.audio.worked()))
	}
	snap.Measured = s.measuring.now()
	if s.state == Idle && !s.opts.Unattended {
		snap.Preflight = s.Preflight()
	}
	snap.Problems = problems(problem, &snap)
	if s.state.OnAir() {
		snap.Problems = append(snap.Problems, s.strains(&snap)...)
	}
	s.board.post(snap)
}

// problems collects what is wrong now, the worst first.
func problems(own Problem, s *Snapshot) []Problem {
	var all []Problem
	add := func(p Problem) {
		if !p.IsZero() && !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	add(own)
	for _, o := range s.Outputs {
		add(o.Problem)
	}
	add(s.Picture.Problem)
	add(s.Sound.Problem)
	add(s.Video.Problem)
	add(s.Recording.Problem)
	return all
}

// worse is the first of two problems that is one.
func worse(a, b Problem) Problem {
	if a.IsZero() {
		return b
	}
	return a
}

// count reads the counters that are rates. Control's tick calls it.
func (sh *show) count(now time.Duration) {
	sh.numbers.fps = sh.encoded.tick(now)
	sh.numbers.videoKbps = kbps(sh.videoOut.tick(now))
	sh.numbers.audioKbps = kbps(sh.audioOut.tick(now))
	for _, o := range sh.outputs {
		o.count(now)
	}
}

// report fills in what the show knows.
func (sh *show) report(s *Snapshot) {
	if sh.video != nil {
		c := sh.video.Config()
		s.Video.Encoder, s.Video.Preset, s.Video.Width, s.Video.Height = c.Name, c.Preset, c.Width, c.Height
		if s.Video.Problem = tookOver(c); s.Video.Problem.IsZero() {
			s.Video.Problem = sh.keepUp.problem(sh.clock.Now(), sh.eases.Load())
		}
		s.Video.FPS = round1(sh.numbers.fps)
		s.Video.BitrateKbps = sh.numbers.videoKbps
		s.Video.TargetKbps = int(sh.bitrate.Load() / 1000)
		s.Video.Skipped = sh.frames.Lost()
		s.Video.Repeated = sh.picture.Repeated() - sh.repeatedBefore
		s.Video.LatencyMs = int(time.Duration(sh.latencyNs.Load()).Milliseconds())
		if r := sh.reason.Load(); r != nil {
			s.Video.Reason = *r
		}
	}
	if sh.audio != nil {
		s.Audio.BitrateKbps = sh.numbers.audioKbps
		s.Audio.AVOffsetMs = int(sh.sound.Offset().Milliseconds())
	}
	for _, o := range sh.outputs {
		st := o.status()
		st.DelayMs = delay(s.Video, st)
		s.Video.Dropped += st.Dropped
		s.Outputs = append(s.Outputs, st)
	}
	s.Recording = sh.tape.status(s.Settings, time.Now())
	if sh.second != nil {
		sh.second.report(&s.Recording, s.Video.TargetKbps < s.Video.ChosenKbps)
	}
	if sh.rehearsal != nil {
		s.Rehearsal = rehearsed(sh.rehearsal.Report())
	}
}

// round1 keeps one decimal.
func round1(x float64) float64 { return float64(int(x*10+copysignHalf(x))) / 10 }

func copysignHalf(x float64) float64 {
	if x < 0 {
		return -0.5
	}
	return 0.5
}

// rehearsed is a rehearsal's report as the snapshot has it.
func rehearsed(r rehearsal.Report) RehearsalStatus {
	s := RehearsalStatus{
		Running: !r.Ended, VideoCodec: r.VideoCodec, AudioCodec: r.AudioCodec, Width: r.Width, Height: r.Height, FPS: r.FPS,
		KeyIntervalMs: int(r.KeyInterval.Milliseconds()), AVOffsetMs: int(r.AVOffset.Milliseconds()), BitrateKbps: r.Kbps, Bytes: r.Bytes,
	}
	for _, f := range r.Faults {
		s.Faults = append(s.Faults, Fault{Text: f})
	}
	return s
}
