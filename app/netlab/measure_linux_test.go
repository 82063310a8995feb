package netlab

import (
	"time"

	"tally/app/linksim"
)

// result is what came of one script.
type result struct {
	offAir  time.Duration // pauses of more than half a second between pictures
	longest time.Duration // of these
	worst   time.Duration // delay beyond that of the fair line at the beginning, and beyond the time that the line was out
	kbps    float64       // of pictures
	share   float64       // of what the line could have carried of them
	missing float64       // share of the pictures that never came
	lamp    time.Duration // longest from a picture until the lamp said that none came; -1: it never had to
	tells   bool          // there is a lamp
	notes   string
}

const (
	fps       = 30
	videoRate = 2_500_000
	audioRate = 160_000
	// dark is how long no picture may come before somebody should be told.
	dark = 2 * time.Second
)

// measure sums up what came to the server while a script was played.
func measure(s *linksim.Script, frames []frame, began time.Time, lamp []change) result {
	r := result{lamp: -1, tells: lamp != nil}
	end := began.Add(s.Lasts)
	last, bytes := began, 0
	gap := func(at time.Time) {
		d := at.Sub(last)
		if d > 500*time.Millisecond {
			r.offAir += d
			r.longest = max(r.longest, d)
		}
		if d > dark && lamp != nil {
			r.lamp = max(r.lamp, told(lamp, last, at))
		}
		last = at
	}
	var base, previous time.Duration
	session := 0
	for i, f := range frames {
		gap(f.at)
		bytes += f.size
		lag := f.at.Sub(began) - f.stamp
		if i == 0 || lag < base && f.at.Sub(began) < 8*time.Second {
			base = lag
		}
		if f.session != session && i > 0 && f.stamp < previous-time.Second {
			base = lag // its time stamps began anew: players see another stream
			r.notes = "time stamps begin anew"
		}
		session, previous = f.session, f.stamp
		at := f.at.Sub(began)
		r.worst = max(r.worst, lag-base-s.OutBetween(at-(lag-base), at))
	}
	gap(end)
	seconds := s.Lasts.Seconds()
	r.kbps = float64(bytes) * 8 / seconds / 1000
	if room := s.Capacity(0, s.Lasts, videoRate+audioRate) - audioRate; room > 0 {
		r.share = r.kbps * 1000 / room
	}
	r.missing = max(0, 1-float64(len(frames))/(seconds*fps))
	return r
}

// change is a change of the lamp.
type change struct {
	at   time.Time
	live bool
}

// told is how long after the last picture the lamp stopped saying LIVE.
func told(lamp []change, from, until time.Time) time.Duration {
	live := false
	for _, c := range lamp {
		if c.at.After(from) {
			break
		}
		live = c.live
	}
	if !live {
		return 0
	}
	for _, c := range lamp {
		if c.at.After(from) && !c.live {
			return min(c.at, until).Sub(from)
		}
	}
	return until.Sub(from)
}

func min(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
