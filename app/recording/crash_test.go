package recording

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

const childEnv = "TALLY_RECORDING_TEST_CHILD"

// childMain is the program that gets killed: it records in real time, and says
// how far the show is.
func childMain() bool {
	path := os.Getenv(childEnv)
	if path == "" {
		return false
	}
	t := &testing.B{} // for Fatal in a program without tests
	s := newShow(t)
	r, err := New(s.params(path))
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

// TestKilled kills a recording program at a moment of its own, and plays what is
// left: it must reach to within a second of the kill.
func TestKilled(t *testing.T) {
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	for n := range 6 {
		name := kinds[n%2]
		after := 1500*time.Millisecond + time.Duration(rng.IntN(4000))*time.Millisecond
		t.Run(fmt.Sprintf("%s after %v", name, after), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), name)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childEnv+"="+path)
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(after, func() { cmd.Process.Kill() })
			frames := 0
			for lines := bufio.NewScanner(out); lines.Scan(); {
				if frames, err = strconv.Atoi(lines.Text()); err != nil {
					t.Fatalf("the program says %q", lines.Text())
				}
			}
			cmd.Wait()
			if frames == 0 {
				t.Fatal("killed before it began")
			}
			p := playFile(t, path)
			show := float64(frames) / fps
			if lost := show - p.end("video"); lost > 1 {
				t.Errorf("%.2f s of %.2f s are lost (sound ends at %.2f)", lost, show, p.end("audio"))
			} else {
				t.Logf("%.2f s of %.2f s are lost", lost, show)
			}
		})
	}
}
