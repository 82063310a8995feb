package recording

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tally/capture/libav"
)

// Mark is a moment that somebody wants to find again.
type Mark struct {
	At    time.Duration // on the session's clock
	Title string
}

// Gap is a time at which viewers did not get the show.
type Gap struct {
	From, Until time.Duration // on the session's clock; Until is 0 while it lasts
	Cause       string        // one sentence
}

// marksMost bounds both in one recording.
const marksMost = 2000

// Titles of chapters that are there for gaps. Files keep nothing else about them,
// so they are how [Missed] finds the gaps again.
const (
	offAir   = "Off air"
	backLive = "Back on air"
)

// segment is a stretch of a file without a pause in it: what has PTS from, or
// later, is PTS - zero in the file.
type segment struct{ from, zero time.Duration }

// inFile is where a moment of the show is in a file of these segments, within
// 0 and length. What lies in a pause is where the file goes on.
func inFile(segments []segment, length, at time.Duration) time.Duration {
	t := time.Duration(0)
	for i, s := range segments {
		if at < s.from && i > 0 {
			return min(t, s.from-s.zero, length)
		}
		t = at - s.zero
	}
	return min(max(0, t), length)
}

// chapters makes those of a part of the show, from one moment to another.
func chapters(marks []Mark, gaps []Gap, segments []segment, until, length time.Duration) []libav.Chapter {
	if len(segments) == 0 {
		return nil
	}
	from := segments[0].from
	var all []libav.Chapter
	add := func(at, end time.Duration, title string) {
		all = append(all, libav.Chapter{Start: inFile(segments, length, at), End: inFile(segments, length, end), Title: title})
	}
	for _, m := range marks {
		if m.At >= from && m.At < until {
			add(m.At, until, m.Title)
		}
	}
	for _, g := range gaps {
		end := g.Until
		if end == 0 {
			end = until
		}
		if g.From >= until || end <= from || inFile(segments, length, g.From) == inFile(segments, length, end) {
			continue
		}
		title := offAir
		if g.Cause != "" {
			title += ": " + g.Cause
		}
		add(g.From, end, title)
		if end < until {
			add(end, until, backLive)
		}
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortStableFunc(all, func(a, b libav.Chapter) int { return cmp.Compare(a.Start, b.Start) })
	if all[0].Start > 0 { // players want the first at 0
		all = slices.Insert(all, 0, libav.Chapter{Title: "Start", End: length})
	}
	for i := range all[:len(all)-1] { // one after the other, whatever began meanwhile
		if next := all[i+1].Start; !strings.HasPrefix(all[i].Title, offAir) {
			all[i].End = next
		}
	}
	return all
}
