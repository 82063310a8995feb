package recording

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"
)

const (
	childEnv   = "TALLY_RECORDING_TEST_CHILD"
	childNotes = "TALLY_RECORDING_TEST_NOTES"
)

// childMain is the program that gets killed: it records in real time, and says
// how far the show is.
func childMain() bool {
	path := os.Getenv(childEnv)
	if path == "" {
		return false
	}
	t := &testing.B{} // for Fatal in a program without tests
	s := newShow(t)
	params := s.params(path)
	params.Notes = os.Getenv(childNotes)
	r, err := New(params)
	if err != nil {
		panic(err)
	}
	go func() {
		fmt.Println("ended:", r.Run(context.Background()))
		os.Exit(1)
	}()
	began := time.Now()
	for n := 0; ; n++ {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / fps)))
		s.frame(t, into(r))
		fmt.Println(n + 1)
	}
}

// TestKilled kills recording programs at 50 moments of their own, and plays what is
// left: it must reach to within a second of the kill. Then the files are found,
// finished, and played again.
func TestKilled(t *testing.T) {
	const kills, atOnce = 50, 10
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	dir, notes := t.TempDir(), t.TempDir()
	shows := map[string]float64{} // how long each show was, in seconds
	for n := 0; n < kills; n += atOnce {
		var running sync.WaitGroup
		var mu sync.Mutex
		for i := range atOnce {
			path := filepath.Join(dir, fmt.Sprintf("%d %s", n+i, kinds[i%2]))
			after := time.Duration(rng.IntN(2500)) * time.Millisecond
			running.Go(func() {
				frames, err := killed(path, notes, after)
				if err != nil {
					t.Errorf("%s: %v", path, err)
				}
				mu.Lock()
				shows[path] = float64(frames) / fps
				mu.Unlock()
			})
		}
		running.Wait()
	}
	worst := 0.
	for path, show := range shows {
		p := playFile(t, path)
		if lost := show - p.end("video"); lost > 1 {
			t.Errorf("%s: %.2f s of %.2f s are lost (sound ends at %.2f)", filepath.Base(path), lost, show, p.end("audio"))
		} else {
			worst = max(worst, lost)
		}
	}
	t.Logf("of %d shows, at most %.2f s are lost", len(shows), worst)
	cut, err := Unfinished(notes)
	if err != nil || len(cut) != kills {
		t.Fatalf("%d unfinished files are found of %d, %v", len(cut), kills, err)
	}
	for _, c := range cut {
		made, err := Repair(t.Context(), c)
		if err != nil {
			t.Error(err)
			continue
		}
		p := playFile(t, c.Path)
		if lost := shows[c.Path] - p.end("video"); lost > 1 || p.seconds() < p.end("video") || made.Duration.Seconds() < p.end("video") {
			t.Errorf("%s: repaired, %.2f s are lost; its head says %.2f s, Repair %v", filepath.Base(c.Path), lost, p.seconds(), made.Duration)
		}
	}
	if cut, err := Unfinished(notes); len(cut) != 0 || err != nil {
		t.Errorf("after repair, %d files are unfinished, %v", len(cut), err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) != 0 {
		t.Errorf("repair left %q", left)
	}
}

// killed runs a program that records, kills it, and tells how many pictures it has
// made.
func killed(path, notes string, after time.Duration) (frames int, err error) {
	cmd := exec.Command("nice", os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path, childNotes+"="+notes)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if frames, err = strconv.Atoi(lines.Text()); err != nil {
			return 0, fmt.Errorf("the program says %q", lines.Text())
		}
		if frames == fps { // on a busy machine the first second takes its time
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // it was killed
	if frames == 0 {
		err = errors.New("killed before it began")
	}
	return frames, err
}
