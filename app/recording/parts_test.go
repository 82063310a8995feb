package recording

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/capture/libav"
)

// TestSplits records a show in parts: together they have every picture and all of
// the sound, each plays alone, and each is as long or large as asked for.
func TestSplits(t *testing.T) {
	for _, name := range kinds {
		for _, by := range []string{"time", "size"} {
			s := newShow(t)
			dir := t.TempDir()
			params := s.params(filepath.Join(dir, name))
			params.Notes = t.TempDir()
			if by == "time" {
				params.SplitAfter = 3 * time.Second
			} else {
				params.SplitBytes = 300_000
			}
			ext := filepath.Ext(name)
			old := filepath.Join(dir, "show (2)"+ext) // of yesterday
			if err := os.WriteFile(old, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
			r, stop := start(t, params)
			emit, end := inOrder(r)
			for range 10 * fps {
				s.frame(t, emit)
			}
			s.flush(t, emit)
			end()
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			parts := r.Status().Parts
			if len(parts) < 3 || len(parts) > 5 || parts[1] != filepath.Join(dir, "show (3)"+ext) {
				t.Fatalf("%s by %s: parts are %q", name, by, parts)
			}
			pictures, sound := 0, 0
			for i, path := range parts {
				p := playFile(t, path)
				pictures += len(p.frames["video"])
				sound += len(p.frames["audio"])
				if p.frames["video"][0].Key != 1 {
					t.Errorf("%s does not begin with a key frame", path)
				}
				if d := p.end("video") - p.end("audio"); math.Abs(d) > .08 {
					t.Errorf("%s by %s: picture of part %d ends at %v, sound at %v", name, by, i+1, p.end("video"), p.end("audio"))
				}
				if by == "time" && i == 0 && math.Abs(p.seconds()-3) > .2 {
					t.Errorf("%s: the first part is %v s long", name, p.seconds())
				}
			}
			// The encoder of sound gives its first and last packets for what lies before and behind.
			if pictures != 10*fps || sound < 10*48000/1024-1 {
				t.Errorf("%s by %s: %d pictures, %d packets of sound", name, by, pictures, sound)
			}
			if b, _ := os.ReadFile(old); string(b) != "precious" {
				t.Errorf("%s: a file that was there is now %q", name, b)
			}
			if cut, err := Unfinished(params.Notes); len(cut) > 0 || err != nil {
				t.Errorf("%s: %d parts count as unfinished, %v", name, len(cut), err)
			}
		}
	}
}

// TestPause leaves four seconds out, twice. The file has no hole there.
func TestPause(t *testing.T) {
	for _, name := range kinds {
		s := newShow(t)
		path := filepath.Join(t.TempDir(), name)
		r, stop := start(t, s.params(path))
		emit, end := inOrder(r)
		for n := range 20 * fps {
			switch n {
			case 4 * fps, 12 * fps:
				r.Pause()
				if !r.Status().Paused {
					t.Error("a pause is not shown")
				}
			case 8 * fps, 16 * fps:
				r.Resume()
			case 10 * fps:
				r.Mark(Mark{begin + 10*time.Second, "after the pause"})
			case 14 * fps:
				r.Mark(Mark{begin + 14*time.Second, "within the pause"})
			}
			s.frame(t, emit)
		}
		s.flush(t, emit)
		end()
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		p := playFile(t, path)
		// The encoder is up to a second late, and its key frames are a second apart.
		if long := p.end("video"); long < 9 || long > 13.2 || math.Abs(long-p.end("audio")) > .1 {
			t.Errorf("%s: the picture ends at %v, sound at %v", name, long, p.end("audio"))
		}
		last := -1.
		for _, f := range p.frames["video"] {
			if d := f.at - last; last >= 0 && (d <= 0 || d > .2) {
				t.Errorf("%s: between %v and %v is a hole", name, last, f.at)
			}
			last = f.at
		}
		if n := r.Status().Dropped; n != 0 {
			t.Errorf("%s: %d packets count as dropped", name, n)
		}
		if name == "show.mkv" {
			c := chaptersOf(t, path)
			if len(c) != 3 || c[1].Title != "after the pause" || c[1].Start < 5*time.Second || c[1].Start > 7500*time.Millisecond ||
				c[2].Start < c[1].Start || c[2].Start > 9500*time.Millisecond {
				t.Errorf("chapters are %+v", c)
			}
		}
	}
}

func chaptersOf(t *testing.T, path string) []libav.Chapter {
	t.Helper()
	d, err := libav.OpenDemuxer(path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	return d.Chapters()
}

// TestMissed records a show that was off air twice, and takes out what viewers have
// missed; as an MP4, too.
func TestMissed(t *testing.T) {
	s := newShow(t)
	dir := t.TempDir()
	path := filepath.Join(dir, "show.mkv")
	params := s.params(path)
	params.Notes = t.TempDir()
	r, stop := start(t, params)
	for n := range 20 * fps {
		if n == 15*fps {
			r.Mark(Mark{begin + 2500*time.Millisecond, "Welcome"})
			r.OffAir([]Gap{{From: begin + 5*time.Second, Until: begin + 8*time.Second, Cause: "the server hung up."}, {From: begin + 14*time.Second}})
		}
		s.frame(t, into(r))
	}
	s.flush(t, into(r))
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	made, err := Remux(t.Context(), path)
	if err != nil || made.Path != filepath.Join(dir, "show.mp4") {
		t.Fatalf("remuxed to %+v, %v", made, err)
	}
	whole, plain := playFile(t, path), playFile(t, made.Path)
	if a, b := len(whole.frames["video"]), len(plain.frames["video"]); a != b || b != 20*fps || math.Abs(plain.seconds()-20) > .3 {
		t.Errorf("%d pictures became %d, %v s", a, b, plain.seconds())
	}
	for _, path := range []string{path, made.Path} {
		if c := chaptersOf(t, path); len(c) != 5 || c[0].Start != 0 || c[1].Title != "Welcome" || c[2].Title != "Off air: the server hung up." || c[3].Title != "Back on air" {
			t.Errorf("chapters of %s are %+v", filepath.Base(path), c)
		}
		gaps, err := Missed(path)
		if err != nil || len(gaps) != 2 || gaps[0].Cause != "the server hung up." || gaps[1].Cause != "" {
			t.Fatalf("viewers of %s missed %+v, %v", filepath.Base(path), gaps, err)
		}
		if d := gaps[0].From - 5*time.Second; d.Abs() > 100*time.Millisecond || (gaps[0].Until-gaps[0].From-3*time.Second).Abs() > 50*time.Millisecond {
			t.Errorf("the first gap of %s is %+v", filepath.Base(path), gaps[0])
		}
		out, err := ExportMissed(t.Context(), path, gaps)
		if err != nil || len(out) != 2 {
			t.Fatalf("exported %+v, %v", out, err)
		}
		for i, want := range []float64{3, 6} { // and up to a second from the key frame before
			p := playFile(t, out[i].Path)
			if long := p.seconds(); long < want || long > want+1.3 || p.frames["video"][0].Key != 1 || math.Abs(p.end("video")-p.end("audio")) > .17 {
				t.Errorf("gap %d of %s was exported as %v s", i+1, filepath.Base(path), long)
			}
		}
	}
	if gaps, err := Missed(filepath.Join(dir, "nothing.mkv")); err == nil {
		t.Errorf("a file that is not there has %+v", gaps)
	}
}

// TestRepairOfNothing cuts files off where nothing is in them yet.
func TestRepairOfNothing(t *testing.T) {
	for _, contents := range []string{"", "\x1a\x45\xdf\xa3", strings.Repeat("x", 10_000)} {
		path, notes := filepath.Join(t.TempDir(), "show.mkv"), t.TempDir()
		n, err := newNote(notes, path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(contents), 0o600); err != nil {
			t.Fatal(err)
		}
		if cut, _ := Unfinished(notes); len(cut) != 0 {
			t.Error("a file that is being written counts as unfinished")
		}
		n.file.Close()
		cut, err := Unfinished(notes)
		if err != nil || len(cut) != 1 || cut[0].Path != path {
			t.Fatalf("unfinished are %+v, %v", cut, err)
		}
		if _, err := Repair(t.Context(), cut[0]); !errors.Is(err, ErrNothingThere) {
			t.Errorf("repair of %d bytes: %v", len(contents), err)
		}
		if cut, _ := Unfinished(notes); len(cut) != 0 {
			t.Errorf("afterwards, unfinished are %+v", cut)
		}
	}
}

// TestChaptersSurviveAKill: what is known of a file when it is cut off is in it
// after repair.
func TestChaptersSurviveAKill(t *testing.T) {
	path, notes := filepath.Join(t.TempDir(), "show.mkv"), t.TempDir()
	s := newShow(t)
	params := s.params(path)
	params.Notes = notes
	r, err := New(params)
	if err != nil {
		t.Fatal(err)
	}
	run := series{r: r, video: params.Video}
	if err := run.open(path); err != nil {
		t.Fatal(err)
	}
	for range 6 * fps {
		s.frame(t, into(r))
	}
	r.Mark(Mark{begin + 2*time.Second, "One"})
	r.Mark(Mark{begin + 4*time.Second, "Two"})
	batch, _ := r.queue.take(nil)
	for _, i := range batch {
		if err := run.write(i); err != nil {
			t.Fatal(err)
		}
		r.queue.done(i.Packet)
	}
	if err := run.sync(); err != nil {
		t.Fatal(err)
	}
	if err := run.close(); err != nil { // without finish: as after a crash
		t.Fatal(err)
	}
	cut, err := Unfinished(notes)
	if err != nil || len(cut) != 1 {
		t.Fatalf("unfinished are %+v, %v", cut, err)
	}
	if _, err := Repair(t.Context(), cut[0]); err != nil {
		t.Fatal(err)
	}
	if c := chaptersOf(t, path); len(c) != 3 || c[1].Title != "One" || (c[1].Start-2*time.Second).Abs() > 100*time.Millisecond || c[2].Title != "Two" {
		t.Errorf("chapters are %+v", c)
	}
}
