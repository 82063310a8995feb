package media

import "time"

// line puts the stamps of one track in order: missing ones are counted, small
// irregularities of sound are smoothed by its own length, and a file whose time
// jumps (joined recordings, damaged stamps) goes on where it was.
type line struct {
	limit time.Duration // length of the file, 0 when unknown
	sound bool          // it has no gaps but large ones

	shift time.Duration
	last  time.Duration
	end   time.Duration // of what was placed last
	any   bool
}

const (
	wrongBy    = 40 * time.Millisecond // a stamp further off than this is believed
	backMost   = time.Second           // back by more than this is a jump,
	beyondMost = 10 * time.Second      // and so is this much beyond the end of the file,
	gapMost    = 10 * time.Minute      // or this much forward where the end is unknown
)

// place says when something of the given length begins, since the beginning of
// the file. ok is false for what must be left out, since it is not after what
// came before it.
func (l *line) place(pts time.Duration, known bool, length time.Duration) (at time.Duration, ok bool) {
	at = pts + l.shift
	off := at - l.end
	limit := l.limit + beyondMost
	if l.limit == 0 {
		limit = l.end + gapMost
	}
	switch {
	case !known:
		at = l.end
	case at > limit || off < -backMost:
		l.shift -= off
		at = l.end
	case l.sound && l.any && off < wrongBy && off > -wrongBy:
		at = l.end
	case l.sound && l.any && off < 0:
		return 0, false // heard already
	}
	if at < 0 {
		if at+length <= 0 {
			return 0, false // run-up of the codec
		}
		at = 0
	}
	if l.any && at <= l.last {
		return 0, false
	}
	l.last, l.end, l.any = at, at+length, true
	return at, true
}
