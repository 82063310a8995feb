package app

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/natefinch/atomic"

	"tally/app/words"
)

// showsKept bounds the history: of more, the oldest go.
const showsKept = 300

// keptReport is a report in its file.
type keptReport struct {
	Report
	Sentences words.Kept `json:"sentences,omitempty"`
}

// saveShow adds a report to the history in a folder.
func saveShow(dir string, r Report) error {
	data, err := json.Marshal(keptReport{r, words.Keep(&r)})
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		name := r.Started.UTC().Format("2006-01-02T15-04-05.000Z") + ".json"
		err = atomic.WriteFile(filepath.Join(dir, name), bytes.NewReader(data))
	}
	if err != nil {
		return fmt.Errorf("app: save the show's report: %w", err)
	}
	names, err := showFiles(dir)
	if err != nil {
		return err
	}
	for _, old := range names[min(len(names), showsKept):] {
		if err := os.Remove(filepath.Join(dir, old)); err != nil {
			return fmt.Errorf("app: remove an old report: %w", err)
		}
	}
	return nil
}

// showFiles lists the names of reports, newest first.
func showFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("app: read the history: %w", err)
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".json") && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	slices.Reverse(names)
	return names, nil
}

// ReadShows is the history of shows in [Options.ShowsDir], newest first. With an
// error come those reports that can be read. It reads files, so it takes time.
func ReadShows(dir string) ([]Report, error) {
	if dir == "" {
		return nil, nil
	}
	names, err := showFiles(dir)
	if err != nil {
		return nil, err
	}
	var shows []Report
	var errs []error
	for _, name := range names[:min(len(names), showsKept)] {
		data, err := readBounded(filepath.Join(dir, name))
		var r keptReport
		if err == nil {
			err = json.Unmarshal(data, &r)
		}
		if err != nil || r.IsZero() {
			errs = append(errs, fmt.Errorf("app: the report %s is damaged: %w", name, errors.Join(err)))
			continue
		}
		r.Sentences.Restore(&r.Report)
		shows = append(shows, r.Report)
	}
	return shows, errors.Join(errs...)
}

// ExportShows writes reports as one JSON array.
func ExportShows(w io.Writer, shows []Report) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(shows)
}

// ExportLosses writes a table for a spreadsheet: a row for each show and
// destination, followed by a row for each time that this has missed.
func ExportLosses(w io.Writer, shows []Report) error {
	return table(w, []string{"started", "seconds", "on air (s)", "destination", "off air (s)", "reconnects", "frames dropped", "lost at (s)", "lost for (s)", "cause"},
		func(row func(...any)) {
			for _, r := range shows {
				for _, o := range r.Outputs {
					row(r.Started.Format(time.RFC3339), r.Seconds, r.OnAir, o.Name, o.OffAir, o.Reconnects, o.Dropped, "", "", "")
					for _, l := range o.Losses {
						row(r.Started.Format(time.RFC3339), "", "", o.Name, "", "", "", l.At, l.Seconds, l.Cause)
					}
				}
			}
		})
}

// ExportGraph writes the graph of one show as a table for a spreadsheet.
func ExportGraph(w io.Writer, r Report) error {
	return table(w, []string{"at (s)", "sent (kbit/s)", "target (kbit/s)", "state"}, func(row func(...any)) {
		for _, p := range r.Graph {
			row(p.At, p.SentKbps, p.TargetKbps, p.State)
		}
	})
}

// table writes CSV. A cell that a spreadsheet would take for a formula is kept
// from being one: names and causes may come from outside.
func table(w io.Writer, head []string, fill func(row func(...any))) error {
	c := csv.NewWriter(w)
	c.Write(head)
	fill(func(cells ...any) {
		line := make([]string, len(cells))
		for i, cell := range cells {
			switch v := cell.(type) {
			case Seconds:
				line[i] = strconv.FormatFloat(time.Duration(v).Seconds(), 'f', 1, 64)
			default:
				line[i] = fmt.Sprint(v)
			}
			if strings.ContainsAny(line[i][:min(1, len(line[i]))], "=+-@\t\r") {
				line[i] = "'" + line[i]
			}
		}
		c.Write(line)
	})
	c.Flush()
	return c.Error()
}
