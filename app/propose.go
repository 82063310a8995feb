package app

import (
	"cmp"
	"slices"

	"tally/app/uplink"
	"tally/app/words"
	"tally/assets"
	"tally/encoder"
)

// Wishes are what somebody wants of the picture where there is a choice.
type Wishes struct {
	Motion bool // games, sport: 60 pictures a second before a larger picture
}

// Setting is one way to send the picture.
type Setting struct {
	Width, Height, FPS int
	BitrateKbps        int
	Encoder, Preset    string // empty: as it is
}

// Proposal is how a show should be sent, and why.
type Proposal struct {
	Setting
	Others []Setting  // what would do as well, the best first; Setting is among them
	Why    []Sentence // sentences, in the order in which to read them
}

// rung is a picture that is worth sending, and what it takes to look good: least
// and most kbit/s of H.264.
type rung struct{ height, fps, least, most int }

// ladder goes from the largest picture to the smallest.
var ladder = []rung{
	{1080, 60, 4500, 8000},
	{1080, 30, 3500, 6000},
	{720, 60, 3000, 5000},
	{720, 30, 1800, 3500},
	{540, 30, 1100, 2000},
	{480, 30, 800, 1500},
	{360, 30, 250, 900},
}

const (
	// share of what a line carries that a show may take: others use it too, and its
	// rate is never the same for an hour.
	share = 0.75
	// carefulKbps is where a show begins whose line nobody knows.
	carefulKbps = 2500
)

// Propose chooses how to send the picture from what the line carries (zero: not
// known), what this machine encodes (zero: not known), what the service takes
// (zero: anything), and what the user wants. soundKbps goes beside it.
func Propose(line uplink.Result, machine encoder.Budget, service assets.Service, w Wishes, soundKbps int) Proposal {
	room := carefulKbps
	if line.Kbps > 0 {
		room = int(share * float64(line.Kbps))
		if !line.Steady() {
			room = min(room, line.Lowest)
		}
		room -= soundKbps
	}
	var p Proposal
	for _, r := range order(w) {
		if s, ok := r.fit(room, machine, service); ok {
			p.Others = append(p.Others, s)
		}
	}
	last := ladder[len(ladder)-1]
	p.Setting = Setting{Width: wide(last.height), Height: last.height, FPS: last.fps, BitrateKbps: max(min(room, last.most), 150)}
	fits := len(p.Others) > 0
	if fits {
		p.Setting = p.Others[0]
	} else {
		p.Others = []Setting{p.Setting}
	}
	p.Why = slices.DeleteFunc([]Sentence{
		lineWords(line), serviceWords(service, p.Setting), machineWords(machine), p.sum(fits, line.Kbps > 0),
	}, func(s Sentence) bool { return s == "" })
	return p
}

// order is the ladder as somebody prefers it.
func order(w Wishes) []rung {
	o := slices.Clone(ladder)
	slices.SortStableFunc(o, func(a, b rung) int {
		if a.height > 540 && b.height > 540 && a.fps != b.fps {
			if w.Motion {
				return b.fps - a.fps
			}
			if a.height == b.height { // fluent where there is room for it, but not for a smaller picture
				return b.fps - a.fps
			}
		}
		return b.height - a.height
	})
	return o
}

// fit is the setting of a rung, if line, machine and service allow it.
func (r rung) fit(room int, machine encoder.Budget, service assets.Service) (Setting, bool) {
	s := Setting{Width: wide(r.height), Height: r.height, FPS: r.fps, BitrateKbps: min(room, r.most)}
	if service.MaxFPS > 0 && r.fps > service.MaxFPS {
		return s, false
	}
	if limit := service.MaxVideoKbps(r.height, r.fps); limit > 0 {
		s.BitrateKbps = min(s.BitrateKbps, limit)
	}
	least := r.least
	if limit := service.MaxVideoKbps(r.height, r.fps); limit > 0 {
		least = min(least, limit) // the service knows what is worth it there
	}
	ok := s.BitrateKbps >= least
	s.BitrateKbps = s.BitrateKbps / 100 * 100
	if len(machine.Steps) > 0 {
		step, fits := stepFor(machine, s)
		s.Encoder, s.Preset = step.Encoder, step.Preset
		ok = ok && fits
	}
	return s, ok
}

// stepFor is how this machine would encode a picture: by a step that was measured
// at this size and pace, or by one of at least as much work.
func stepFor(b encoder.Budget, s Setting) (encoder.Step, bool) {
	work := func(st encoder.Step) float64 { return float64(st.Width*st.Height) * float64(st.FPS) }
	need := float64(s.Width*s.Height) * float64(s.FPS)
	var best encoder.Step
	found := false
	for _, st := range append(slices.Clone(b.Steps), b.Best) {
		if !st.Fits() || work(st) < need*0.99 {
			continue
		}
		if !found || cmp.Or(cmp.Compare(work(best), work(st)), presetRank(st.Preset)-presetRank(best.Preset)) > 0 {
			best, found = st, true
		}
	}
	if found {
		return best, true
	}
	// None that fits was as much work: the fastest tells what would be.
	for _, st := range b.Steps {
		if rate := st.Rate * float64(st.Width*st.Height) / float64(s.Width*s.Height); st.Rate > 0 {
			guess := st
			guess.Width, guess.Height, guess.FPS, guess.Rate = s.Width, s.Height, s.FPS, rate
			if guess.Fits() && (!found || presetRank(guess.Preset) > presetRank(best.Preset)) {
				best, found = guess, true
			}
		}
	}
	return best, found
}

func presetRank(name string) int { return slices.Index(encoder.Presets(), name) }

// wide is the width of a picture of 16:9.
func wide(height int) int { return (height*16/9 + 1) / 2 * 2 }

func lineWords(l uplink.Result) Sentence {
	switch {
	case l.Kbps == 0:
		return "What your upload carries is not known: Tally begins with a careful value, and lowers it by itself if need be."
	case l.AtLeast:
		return words.Say("Your upload carries at least %.1f Mbit/s.", mega(l.Kbps))
	case !l.Steady():
		return words.Say("Your upload carries %.1f Mbit/s, and for moments only %.1f.", mega(l.Kbps), mega(l.Lowest))
	}
	return words.Say("Your upload carries %.1f Mbit/s.", mega(l.Kbps))
}

func serviceWords(s assets.Service, chosen Setting) Sentence {
	limit := s.MaxVideoKbps(chosen.Height, chosen.FPS)
	if limit == 0 || limit > 2*ladder[0].most { // more than anybody is offered here
		return ""
	}
	return words.Say("%s takes %.1f Mbit/s at most.", s.Name, mega(limit))
}

func machineWords(b encoder.Budget) Sentence {
	if len(b.Steps) == 0 {
		return ""
	}
	s := b.Best
	if !b.Fits {
		return words.Say("This computer is too slow even for %dp at %d.", s.Height, s.FPS)
	}
	if first := b.Steps[0]; first.Height != s.Height || first.FPS != s.FPS {
		return words.Say("This computer encodes %dp at %d with ease; %dp at %d would be too much for it.", s.Height, s.FPS, first.Height, first.FPS)
	}
	return words.Say("This computer encodes %dp at %d with ease.", s.Height, s.FPS)
}

func (p Proposal) sum(fits, measured bool) Sentence {
	switch {
	case !fits:
		return words.Say("That is little: %dp at %d is the most that is worth trying.", p.Height, p.FPS)
	case !measured:
		return words.Say("%dp at %d is a good beginning.", p.Height, p.FPS)
	}
	return words.Say("%dp at %d fits, with room to spare.", p.Height, p.FPS)
}

func mega(kbps int) float64 { return float64(kbps) / 1000 }

// Use puts a setting into settings.
func (s Setting) Use(v *VideoSettings) {
	v.Width, v.Height, v.FPS, v.BitrateKbps = s.Width, s.Height, s.FPS, s.BitrateKbps
	if s.Preset != "" {
		v.Preset = s.Preset
	}
}
