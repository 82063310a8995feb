package app

import (
	"sync/atomic"
	"time"

	"tally/app/words"
	"tally/encoder"
)

// keepUp makes it easier for the encoder when this machine cannot encode all
// pictures: a faster preset first, in the end half of the pictures. What was made
// easier stays so for the show: the machine has shown what it can do. It belongs to
// the stage that encodes the picture; others read share and told.
type keepUp struct {
	since       time.Duration // beginning of the window that is judged; 0: none yet
	lost, taken int           // then

	half  bool // only half of the pictures are encoded
	share atomic.Int64
	told  atomic.Pointer[eased]
}

// eased is what was done last.
type eased struct {
	at       time.Duration
	was, now string // presets
	half     bool
}

const (
	// keepUpWindow is how long pictures are counted until they are judged, and
	// keepUpSettle how long an encoder has after a change.
	keepUpWindow, keepUpSettle = 3 * time.Second, 3 * time.Second
	// keepUpMost is how many of 100 pictures may be left out.
	keepUpMost = 5
	// keepUpTold is how long people are told what was done.
	keepUpTold = 30 * time.Second
)

// see counts. It returns true when more pictures are left out than may be.
func (k *keepUp) see(now time.Duration, lost, taken int) bool {
	if k.since == 0 {
		k.begin(now+keepUpSettle, lost, taken)
	}
	if now < k.since {
		k.begin(k.since, lost, taken)
		return false
	}
	if now-k.since < keepUpWindow {
		return false
	}
	left := lost - k.lost
	share := 100 * left / max(1, left+taken-k.taken)
	k.share.Store(int64(share))
	k.begin(now, lost, taken)
	return share > keepUpMost
}

func (k *keepUp) begin(at time.Duration, lost, taken int) {
	k.since, k.lost, k.taken = at, lost, taken
}

// ease makes it easier, if it still can be.
func (k *keepUp) ease(v *encoder.Video, now time.Duration) {
	c := v.Config()
	faster, ok := encoder.Faster(c.Preset)
	switch {
	case ok && !c.Hardware:
		if v.SetPreset(faster) != nil {
			return
		}
		k.told.Store(&eased{at: now, was: c.Preset, now: faster})
	case !k.half:
		k.half = true
		k.told.Store(&eased{at: now, half: true})
	default:
		return
	}
	k.since += keepUpSettle
}

// pace is 2 when every other picture is left out, else 1.
func (k *keepUp) pace() int64 {
	if k.half {
		return 2
	}
	return 1
}

// problem says what is wrong or was done. allowed is what the user has set.
func (k *keepUp) problem(now time.Duration, allowed bool) Problem {
	told, share := k.told.Load(), k.share.Load()
	switch {
	case share > keepUpMost && !allowed:
		return Problem{
			Title:  words.Say("This computer cannot encode in time: %d %% of the pictures are left out.", share),
			Advice: "Choose a faster preset or a smaller picture, close other programs, or let Tally lower it by itself.", Retry: true,
		}
	case told != nil && now-told.at < keepUpTold && told.half:
		return Problem{
			Title:  "This computer could not encode in time: Tally sends only half of the pictures now.",
			Advice: "Close other programs, or choose a smaller picture for the next show.", Retry: true,
		}
	case told != nil && now-told.at < keepUpTold:
		return Problem{
			Title:  words.Say("This computer could not encode in time: Tally has changed the preset from %s to %s.", told.was, told.now),
			Advice: "The stream goes on, a little less sharp. Close other programs, or choose a smaller picture for the next show.", Retry: true,
		}
	case share > keepUpMost:
		return Problem{
			Title:  words.Say("This computer cannot encode in time: %d %% of the pictures are left out.", share),
			Advice: "Close other programs, and choose a smaller picture for the next show.", Retry: true,
		}
	}
	return Problem{}
}

// tookOver says that another encoder has taken over.
func tookOver(c encoder.VideoConfig) Problem {
	switch c.Failed {
	case "":
		return Problem{}
	case c.Name:
		return Problem{
			Title:  words.Say("The encoder %s failed in the middle of the show; Tally has started it again.", c.Name),
			Advice: "The stream goes on.", Retry: true,
		}
	}
	return Problem{
		Title:  words.Say("The hardware encoder %s failed in the middle of the show; Tally encodes with %s now.", c.Failed, c.Name),
		Advice: "The stream goes on, and takes more of this computer. Update the driver, or choose another encoder for the next show.", Retry: true,
	}
}
