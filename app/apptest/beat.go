package apptest

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Marks are the instants of a film that can be seen or heard, on its own clock.
type Marks struct {
	Flashes []time.Duration // the first frame of each white flash
	Beeps   []time.Duration // where each 1 kHz beep begins
}

// Offsets is how much later than its flash each beep comes: positive when the
// sound is late.
func (m Marks) Offsets() []time.Duration {
	const pair = 500 * time.Millisecond // what is further apart belongs to different seconds
	var found []time.Duration
	for _, flash := range m.Flashes {
		for _, beep := range m.Beeps {
			if d := beep - flash; d.Abs() < pair {
				found = append(found, d)
			}
		}
	}
	return found
}

// FlashAndBeep finds the flashes and beeps of Tally's test card, or of a film
// from [MakeFilm], in a file. It decodes with ffmpeg and shares no code with
// what made them. Accuracy: one frame for a flash, 2 ms for a beep.
func FlashAndBeep(t testing.TB, path string) Marks {
	t.Helper()
	light, sound := filepath.Join(t.TempDir(), "light"), filepath.Join(t.TempDir(), "sound")
	run(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error", "-copyts", "-i", path,
		"-map", "0:v:0", "-vf", "crop=iw:ih*2/3:0:0,scale=64:48,signalstats,metadata=print:key=lavfi.signalstats.YAVG:file="+light,
		"-fps_mode", "passthrough", "-f", "null", "-",
		// A block of 48 samples at 48 kHz is one period of the beep. The band around it leaves out hum.
		"-map", "0:a:0", "-af", "aresample=48000,pan=mono|c0=c0,highpass=f=600,asetnsamples=n=48:p=0,"+
			"astats=metadata=1:reset=1:measure_perchannel=none,ametadata=print:key=lavfi.astats.Overall.RMS_level:file="+sound,
		"-f", "null", "-")
	return Marks{Flashes: rises(t, light, 0.5, 0), Beeps: rises(t, sound, 0.75, 200*time.Millisecond)}
}

// stillness is how much two codings of one picture may differ, as the mean over
// the picture in steps of brightness of which there are 255. Measured: up to 0.2;
// from one picture of MakeFilm's to the next more than 1.
const stillness = 0.5

// Moving is the share of the pictures of a film from [MakeFilm] that differ from
// the one before: 1 when all do. A stream may have all its frames and still show
// few pictures.
func Moving(t testing.TB, path string) float64 {
	t.Helper()
	change := filepath.Join(t.TempDir(), "change")
	run(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error", "-i", path, "-map", "0:v:0",
		"-vf", "signalstats,metadata=print:key=lavfi.signalstats.YDIF:file="+change, "-fps_mode", "passthrough", "-f", "null", "-")
	_, values := series(t, change)
	if len(values) < 2 {
		t.Fatalf("%s has %d pictures", path, len(values))
	}
	moved := 0
	for _, v := range values[1:] {
		if v > stillness {
			moved++
		}
	}
	return float64(moved) / float64(len(values)-1)
}

// series reads the values that a filter of ffmpeg's printed, with their times.
func series(t testing.TB, path string) (times []time.Duration, values []float64) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const floor = -90 // dB; silence is −∞
	var at time.Duration
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if _, pts, ok := strings.Cut(line, "pts_time:"); ok {
			s, err := strconv.ParseFloat(strings.TrimSpace(pts), 64)
			if err != nil {
				t.Fatalf("%s: %q: %v", path, line, err)
			}
			at = time.Duration(s * float64(time.Second))
		} else if _, value, ok := strings.Cut(line, "="); ok {
			v, err := strconv.ParseFloat(value, 64)
			if err != nil || math.IsInf(v, 0) || math.IsNaN(v) {
				v = floor
			}
			times, values = append(times, at), append(values, max(v, floor))
		}
	}
	return times, values
}

// rises are the instants at which a series rises above a threshold, a share of
// the way from its usual value, the median, to its greatest, after having been
// below it for that long. The least value says nothing: a dark screen at the start
// would draw the threshold down to what is usual.
func rises(t testing.TB, path string, share float64, quiet time.Duration) []time.Duration {
	t.Helper()
	times, values := series(t, path)
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	usual, greatest := sorted[len(sorted)/2], sorted[len(sorted)-1]
	if greatest-usual < 20 { // of 255 for light, dB for sound: there is no mark
		return nil
	}
	threshold := usual + share*(greatest-usual)
	var found []time.Duration
	below := times[0] - time.Second // since when; a mark in the first frame has nothing before it, and does not count
	above := values[0] > threshold
	for i, v := range values {
		switch {
		case v > threshold && !above:
			if times[i]-below >= quiet {
				found = append(found, times[i])
			}
			above = true
		case v <= threshold && above:
			above, below = false, times[i]
		}
	}
	return found
}

// MakeFilm makes a file that moves, flashes white for three frames and beeps at
// the start of each second, over a quiet hum, much as Tally's test card does.
func MakeFilm(t testing.TB, size string, fps, seconds int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film.mp4")
	run(t, nil, "ffmpeg", "-nostdin", "-loglevel", "error",
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=%s:rate=%d,drawbox=color=white:t=fill:h=ih*2/3:enable='lt(mod(n,%d),3)'", size, fps, fps),
		"-f", "lavfi", "-i", "aevalsrc=exprs='if(lt(mod(t,1),0.1),0.5*sin(2*PI*1000*t),0)+0.01*sin(2*PI*250*t)':sample_rate=48000,aformat=channel_layouts=stereo",
		"-t", strconv.Itoa(seconds), "-c:v", "libx264", "-preset", "ultrafast", "-g", strconv.Itoa(2*fps), "-crf", "20", "-c:a", "aac", "-b:a", "192k", "-y", path)
	return path
}
