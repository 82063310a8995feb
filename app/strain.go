package app

import (
	"cmp"
	"context"
	"os"
	"strings"
	"time"

	"tally/app/machine"
	"tally/app/program"
	"tally/app/words"
)

// What strains a show from outside the network: the computer that it runs on, and
// a microphone that is still muted.

// machineEvery is how often the computer's own figures are read.
const machineEvery = 3 * time.Second

// watchMachine is a stage.
func (s *Studio) watchMachine(ctx context.Context) error {
	files := machine.NewReader(os.DirFS("/"))
	every := time.NewTicker(machineEvery)
	defer every.Stop()
	for {
		now := files.Read(time.Now())
		s.mu.Lock()
		s.machine = now
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-every.C:
		}
	}
}

// batteryLow is the percentage from which on somebody should be told.
const batteryLow = 15

// strains are the problems of a running show that come from the computer, or from
// who sits at it. No server has anything to do with them, so they come last.
func (s *Studio) strains(snap *Snapshot) []Problem {
	var all []Problem
	if s.talk.muted(snap) {
		all = append(all, Problem{Title: "You are muted.", Advice: "You are speaking, and viewers hear nothing. Press Unmute."})
	}
	if s.strain.now() {
		all = append(all, Problem{
			Title:  "This computer is too busy: some pictures never reach your viewers.",
			Advice: "Close other programs, or choose a smaller picture or fewer pictures a second.",
		})
	}
	return append(all, machineProblems(snap.Machine)...)
}

// machineProblems are what is wrong with the computer itself.
func machineProblems(m machine.Status) []Problem {
	var all []Problem
	if m.Running() && m.BatteryPercent < batteryLow {
		advice := words.Say("Plug in the charger: %d %% are left.", m.BatteryPercent)
		if m.BatteryMinutes > 0 {
			advice = words.Say("Plug in the charger: %d %% are left, for about %d minutes.", m.BatteryPercent, m.BatteryMinutes)
		}
		all = append(all, Problem{Title: "The battery is nearly empty.", Advice: advice})
	}
	if m.Throttled || m.Hot {
		title := words.Say("This computer is so hot that it may switch itself off.")
		if m.Throttled {
			title = words.Say("This computer is too hot and has slowed itself down.")
		}
		all = append(all, Problem{Title: title, Advice: "Give it air, and close other programs. A smaller picture helps too."})
	}
	return all
}

// strain tells whether the encoder misses pictures because the computer has no
// time for them.
type strain struct {
	skipped []int // the counter, at the last looks
	until   int   // looks for which it is still told
}

const (
	strainLooks = 20 // five seconds of ticks
	strainMost  = 5  // pictures lost in that time that nobody minds
	strainBusy  = 80 // percent of the processors from which on they are to blame
	strainTold  = 40 // looks: ten seconds
)

func (s *strain) watch(skipped, cpuPercent int) {
	s.skipped = append(s.skipped, skipped)
	if len(s.skipped) > strainLooks {
		s.skipped = s.skipped[1:]
	}
	s.until = max(s.until-1, 0)
	if skipped-s.skipped[0] > strainMost && cpuPercent >= strainBusy {
		s.until = strainTold
	}
}

func (s *strain) now() bool { return s.until > 0 }

// talk hears whether somebody speaks.
type talk struct{ score int }

const (
	speech   = -42.0 // dBFS on average: louder than a room, quieter than soft speech
	talkOn   = 8     // a second of speech: two for each look at which it was heard
	talkMost = 20    // three seconds of silence until it counts as over
)

func (t *talk) hear(l program.Level) {
	if l.RMSDB > speech {
		t.score = min(t.score+2, talkMost)
	} else {
		t.score = max(t.score-1, 0)
	}
}

// muted tells whether somebody speaks into a microphone that is muted.
func (t *talk) muted(s *Snapshot) bool {
	kind, _, _ := strings.Cut(cmp.Or(s.Sound.Source, s.Settings.Audio.Source), ":")
	return s.Audio.Muted && kind == "mic" && t.score >= talkOn
}

// delay is how long a picture takes from the camera to the server: until it is
// encoded, in the queue, in the kernel, and on the way. A packet that is on its
// way stays in the kernel until the server has it, so what lies there in a good
// moment is only that; half of the time there and back is the least.
func delay(v VideoStatus, o OutputStatus) int {
	if o.State != Live && o.State != Stalled {
		return 0
	}
	way := o.RTTMs / 2
	if o.BitrateKbps > 0 {
		way = max(way, 8*o.KernelBytes/o.BitrateKbps-way)
	}
	return v.LatencyMs + o.QueueMs + way
}

// measure adds what the last snapshot knows.
func (p *HistoryPoint) measure(s Snapshot) {
	p.Missed, p.CPUPercent = s.Video.Dropped+s.Video.Skipped, s.Machine.CPUPercent
	for _, o := range s.Outputs {
		p.DelayMs = max(p.DelayMs, o.DelayMs)
		if len(s.Outputs) > 1 {
			p.Outputs = append(p.Outputs, o.BitrateKbps)
		}
	}
}
