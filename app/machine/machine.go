// Package machine reads how the computer is doing that a show runs on: how busy
// its processors are, how hot, and how long its battery lasts. Start at
// [Reader.Read].
//
// All of it comes from a few small files that Linux keeps in /proc and /sys, read
// each few seconds. On other systems, in a container that hides them, and on a
// computer that lacks the part, a figure is not known, and says so.
package machine

import (
	"io/fs"
	"strconv"
	"strings"
	"time"
)

// Status is how the computer is doing. The zero value knows nothing.
type Status struct {
	CPUPercent     int  `json:"cpu_percent"`               // of all processors together, taken by everybody; 0: not known yet
	TallyPercent   int  `json:"cpu_tally_percent"`         // the same, taken by Tally
	Battery        bool `json:"battery"`                   // there is one that this computer runs on
	BatteryPercent int  `json:"battery_percent"`           // -1: there is none
	BatteryMinutes int  `json:"battery_minutes,omitempty"` // until it is empty, at the rate of now; 0: not known, or it is not being emptied
	OnMains        bool `json:"on_mains"`
	TemperatureC   int  `json:"temperature_c"` // of the hottest processor; 0: not known
	Hot            bool `json:"hot"`           // within a few degrees of where it switches off
	Throttled      bool `json:"throttled"`     // slowed down by its own heat, within the last seconds
}

// Running tells whether the battery is being emptied.
func (s Status) Running() bool { return s.Battery && !s.OnMains }

// Reader reads the status. It belongs to one goroutine: processor shares are
// those since it was last asked.
type Reader struct {
	files fs.FS // whose root is that of the machine

	ticks     processorTicks
	throttles int       // as last counted
	counted   bool      // throttles is valid
	slowedAt  time.Time // when they were last seen to grow
}

// NewReader reads from the files of a machine: os.DirFS("/").
func NewReader(files fs.FS) *Reader { return &Reader{files: files} }

// Read looks at everything once. It takes a fraction of a millisecond.
func (r *Reader) Read(now time.Time) Status {
	s := Status{BatteryPercent: -1, OnMains: true}
	r.processors(&s)
	r.power(&s)
	r.heat(&s, now)
	return s
}

// text is what a file holds, without the line's end; empty when there is none.
func (r *Reader) text(path string) string {
	b, err := fs.ReadFile(r.files, path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// number is a file that holds one; false when there is none.
func (r *Reader) number(path string) (int, bool) {
	n, err := strconv.Atoi(r.text(path))
	return n, err == nil
}

// entries are the paths below a folder.
func (r *Reader) entries(dir string) []string {
	list, err := fs.ReadDir(r.files, dir)
	if err != nil {
		return nil
	}
	paths := make([]string, 0, len(list))
	for _, e := range list {
		paths = append(paths, dir+"/"+e.Name())
	}
	return paths
}
