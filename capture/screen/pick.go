package screen

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tally/capture"
)

// ErrSeveral is why a title chooses no window: more than one has it. Which of them
// is meant is never guessed, since the wrong one would be on air.
var ErrSeveral = fmt.Errorf("several windows have this title: %w", capture.ErrNotFound)

// title is what tells a window from others, and stays when its program is started
// anew: the number that the X server gives it does not.
type title struct {
	number  uint32
	program string // WM_CLASS
	text    string
	id      string // "program/text", with #2, #3, … behind it when that is taken
}

// identify gives each window its id.
func identify(all []title) {
	taken := map[string]int{}
	for i := range all {
		id := all[i].program + "/" + all[i].text
		taken[id]++
		if n := taken[id]; n > 1 {
			id += "#" + strconv.Itoa(n)
		}
		all[i].id = id
	}
}

// shown remembers which window each wish has found in this process, by its number.
var shown sync.Map

// pick finds the window that wish means, as long as the program runs the same one.
func pick(all []title, wish string) (int, error) {
	before, known := shown.Load(wish)
	if i := slices.IndexFunc(all, func(t title) bool {
		return known && t.number == before.(title).number && t.program == before.(title).program
	}); i >= 0 {
		return i, nil // whatever it calls itself by now
	}
	i, err := match(all, wish, !known)
	if err == nil {
		shown.Store(wish, all[i])
	}
	return i, err
}

// match finds a window anew. A wish is, in this order: an id; a window's number as
// other programs show it, 0x1c00007; the whole title; a part of the title; with
// loosely, an id whose title has changed since, if that program has one window only.
// That is not for a window that was shown and closed: it would put another one on
// air, which nobody chose.
func match(all []title, wish string, loosely bool) (int, error) {
	if i := slices.IndexFunc(all, func(t title) bool { return t.id == wish }); i >= 0 {
		return i, nil
	}
	if n, err := strconv.ParseUint(wish, 0, 32); err == nil && strings.HasPrefix(wish, "0x") {
		if i := slices.IndexFunc(all, func(t title) bool { return t.number == uint32(n) }); i >= 0 {
			return i, nil
		}
	}
	lower := strings.ToLower(wish)
	program, _, isID := strings.Cut(wish, "/")
	for _, fits := range []func(t title) bool{
		func(t title) bool { return strings.ToLower(t.text) == lower },
		func(t title) bool { return lower != "" && strings.Contains(strings.ToLower(t.text), lower) },
		func(t title) bool { return loosely && isID && program != "" && t.program == program },
	} {
		i := slices.IndexFunc(all, fits)
		if i < 0 {
			continue
		}
		if slices.ContainsFunc(all[i+1:], fits) {
			return 0, fmt.Errorf("%q: %w", wish, ErrSeveral)
		}
		return i, nil
	}
	return 0, fmt.Errorf("%q: %w", wish, ErrNoWindow)
}
