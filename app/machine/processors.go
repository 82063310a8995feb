package machine

import (
	"strconv"
	"strings"
)

// processorTicks are counts of proc(5), in hundredths of a second.
type processorTicks struct{ all, idle, own int }

// processors compares the counts with those of the last time.
func (r *Reader) processors(s *Status) {
	now, ok := r.countTicks()
	if !ok {
		return
	}
	was := r.ticks
	r.ticks = now
	all := now.all - was.all
	if was.all == 0 || all <= 0 {
		return
	}
	percent := func(n int) int { return min(max((100*n+all/2)/all, 0), 100) }
	s.CPUPercent = percent(all - (now.idle - was.idle))
	s.TallyPercent = percent(now.own - was.own)
}

// Fields of the files, counted from 0.
const (
	statIdle, statWait   = 3, 4 // of the line "cpu" in /proc/stat, after its name
	statGuest            = 8    // from here on counted in earlier fields already
	ownUser, ownSystem   = 11, 12
	ownFields, allFields = 13, 5 // at least
)

func (r *Reader) countTicks() (t processorTicks, ok bool) {
	line, _, _ := strings.Cut(r.text("proc/stat"), "\n")
	all := strings.Fields(strings.TrimPrefix(line, "cpu "))
	// The name of a program may have spaces and brackets in it; what follows its last one has not.
	own := r.text("proc/self/stat")
	mine := strings.Fields(own[strings.LastIndexByte(own, ')')+1:])
	if len(all) < allFields || len(mine) < ownFields {
		return t, false
	}
	for i, field := range all {
		n, err := strconv.Atoi(field)
		if err != nil {
			return t, false
		}
		if i < statGuest {
			t.all += n
		}
		if i == statIdle || i == statWait {
			t.idle += n
		}
	}
	for _, i := range []int{ownUser, ownSystem} {
		n, err := strconv.Atoi(mine[i])
		if err != nil {
			return t, false
		}
		t.own += n
	}
	return t, true
}
