package app

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/natefinch/atomic"
)

// LineFigure is what the line of a network was last seen to carry.
type LineFigure struct {
	When     time.Time `json:"when"`
	Kbps     int       `json:"kbps"`
	Lowest   int       `json:"lowest,omitempty"`   // of a measurement: its worst second
	AtLeast  bool      `json:"at_least,omitempty"` // it carried all that it was given
	Measured bool      `json:"measured,omitempty"` // else a show has found it out
}

// linesKept bounds the networks that are remembered.
const linesKept = 30

func (w *watchman) path(stateDir string) string {
	if stateDir == "" {
		return ""
	}
	return filepath.Join(stateDir, "lines.json")
}

// load reads what lines have carried. A file that is damaged is as good as none.
func (w *watchman) load(stateDir string) {
	w.lookAtNetwork()
	if stateDir == "" {
		return
	}
	data, err := readBounded(w.path(stateDir))
	lines := map[string]LineFigure{}
	if err != nil || json.Unmarshal(data, &lines) != nil || len(lines) > linesKept {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = lines
}

// learnFromShow remembers what the line of the main destination has carried in the
// show that is over.
func (s *Studio) learnFromShow() {
	if s.show == nil || s.show.rehearsal != nil || s.opts.Unattended {
		return
	}
	if l, ok := carried(s.report); ok {
		l.When = time.Now()
		s.watch.learn(l, s.opts.StateDir)
	}
}

// carried is what a show says of its line: while the bitrate was lowered, what was
// sent is what the line carries; if it never was, the line carries at least that.
func carried(r Report) (l LineFigure, ok bool) {
	const enough = 20 // points
	chosen := 0
	for _, p := range r.Graph {
		chosen = max(chosen, p.TargetKbps)
	}
	var all, lowered []int
	for _, p := range r.Graph {
		if p.State == Live && p.SentKbps > 0 {
			all = append(all, p.SentKbps)
			if p.TargetKbps < chosen*9/10 {
				lowered = append(lowered, p.SentKbps)
			}
		}
	}
	if len(all) < enough {
		return l, false
	}
	if len(lowered) >= enough {
		slices.Sort(lowered)
		return LineFigure{Kbps: lowered[len(lowered)/2]}, true
	}
	sum := 0
	for _, kbps := range all {
		sum += kbps
	}
	return LineFigure{Kbps: sum / len(all), AtLeast: true}, true
}

// learn remembers what the line of this network carries. That a show took less than
// was measured says nothing.
func (w *watchman) learn(l LineFigure, stateDir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.lines[w.network]
	const lasts = 7 * 24 * time.Hour
	if l.AtLeast && !l.Measured && old.Kbps > l.Kbps && l.When.Sub(old.When) < lasts {
		return
	}
	w.lines[w.network] = l
	for len(w.lines) > linesKept {
		oldest := w.network
		for n, l := range w.lines {
			if l.When.Before(w.lines[oldest].When) {
				oldest = n
			}
		}
		delete(w.lines, oldest)
	}
	if stateDir == "" {
		return
	}
	data, err := json.Marshal(w.lines)
	if err == nil && os.MkdirAll(stateDir, 0o700) == nil {
		_ = atomic.WriteFile(w.path(stateDir), bytes.NewReader(data)) // without it, it is measured again
	}
}
