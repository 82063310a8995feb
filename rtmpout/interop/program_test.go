package interop

import (
	"bytes"
	"crypto/md5"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"tally/rtmpout"
)

// built is the folder of a program that was built for the run.
var built string

// program is the built Tally: TALLY_BIN, or one that is built for the run.
var program = sync.OnceValues(func() (path string, err error) {
	if path = os.Getenv("TALLY_BIN"); path != "" {
		_, err = os.Stat(path)
		return path, err
	}
	if built, err = os.MkdirTemp("", "tally"); err != nil {
		return "", err
	}
	path = filepath.Join(built, "tally")
	if out, err := exec.Command("go", "-C", "../..", "build", "-o", path, "./cmd/tally").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// stream is one show of the built program, three seconds long.
func stream(t *testing.T, server string, args ...string) (stderr string, err error) {
	t.Helper()
	path, err := program()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	cmd := exec.CommandContext(t.Context(), path, append([]string{
		"stream", "--url", server, "--video", "testcard", "--audio", "tone",
		"--size", "320x180", "--fps", "15", "--keyframe", "1s", "--video-bitrate", "500k", "--duration", "3s",
	}, args...)...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "XDG_RUNTIME_DIR=" + home, "TALLY_KEY=key-of-one-test",
		"DBUS_SESSION_BUS_ADDRESS=disabled:", "DBUS_SYSTEM_BUS_ADDRESS=disabled:", "PULSE_SERVER=unix:" + home + "/no-sound",
	}
	var said bytes.Buffer
	cmd.Stderr = &said
	err = cmd.Run()
	if strings.Contains(said.String(), "key-of-one-test") {
		t.Error("it printed the stream key")
	}
	return said.String(), err
}

// recorded are the MD5 sums of a recording's packets, of a "v" or an "a" track.
func recorded(t *testing.T, path, track string) []string {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", track, "-show_packets", "-show_data_hash", "md5",
		"-show_entries", "packet=data_hash", "-of", "csv=p=0", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v: %s", err, out)
	}
	var sums []string
	for line := range strings.Lines(string(out)) {
		if _, sum, ok := strings.Cut(strings.Trim(line, " ,\r\n"), ":"); ok { // other lines are of what a packet carries beside
			sums = append(sums, sum)
		}
	}
	return sums
}

// received are the sums of what came.
func received(units []unit) []string {
	var sums []string
	for _, u := range units {
		sums = append(sums, fmt.Sprintf("%x", md5.Sum(u.data)))
	}
	return sums
}

// same holds that what came is what was recorded, byte for byte and in its order. Stream and
// recording may begin and end some frames apart.
func same(t *testing.T, what string, came, kept []string, least int) {
	t.Helper()
	const apart = 16
	for shift := -apart; shift <= apart; shift++ {
		a, b := came[min(max(-shift, 0), len(came)):], kept[min(max(shift, 0), len(kept)):]
		if n := min(len(a), len(b)); n >= least && n >= max(len(came), len(kept))-apart && slices.Equal(a[:n], b[:n]) {
			t.Logf("%s: %d frames came as they were recorded", what, n)
			return
		}
	}
	t.Errorf("%s: the %d frames that came are not the %d that were recorded", what, len(came), len(kept))
}

// modern are the pairs of codecs that need Enhanced RTMP, as the program's flags and
// as gortmplib have them.
var modern = []struct {
	video, audio string
	tracks       []string
}{
	{"hevc", "aac", []string{"H265", "MPEG4Audio"}},
	{"av1", "opus", []string{"AV1", "Opus"}},
	{"h264", "opus", []string{"H264", "Opus"}},
}

// The program's own HEVC, AV1 and Opus come to gortmplib's server, which takes them
// apart, as they are recorded, and can be decoded.
func TestProgramToGortmplib(t *testing.T) {
	for _, c := range modern {
		t.Run(c.video+" "+c.audio, func(t *testing.T) {
			server, result := gortmpServer(t)
			film := filepath.Join(t.TempDir(), "show.mkv")
			if said, err := stream(t, server, "--enhanced", "--video-codec", c.video, "--audio-codec", c.audio, "--record", film); err != nil {
				t.Fatalf("%v: %s", err, said)
			}
			got := <-result
			if got.err != nil || !slices.Equal(got.tracks, c.tracks) {
				t.Fatalf("tracks %v, want %v: %v", got.tracks, c.tracks, got.err)
			}
			same(t, c.video, received(got.units[place{true, 0}]), recorded(t, film, "v"), 30)
			same(t, c.audio, received(got.units[place{false, 0}]), recorded(t, film, "a"), 90)
			decodes(t, film, c.video, len(recorded(t, film, "v")))
		})
	}
}

// lal hands the program's AV1 and Opus on as they are recorded, and makes a film of its
// HEVC that can be decoded.
func TestProgramToLal(t *testing.T) {
	l := startLal(t)
	film := filepath.Join(t.TempDir(), "show.mkv")
	if said, err := stream(t, l.url, "--enhanced", "--video-codec", "av1", "--audio-codec", "opus", "--record", film); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	file := l.recording(t, ".flv")
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var video, audio []unit
	for tag := range flvTags(b) {
		switch {
		case len(tag.body) < 5:
		case tag.kind == 9 && string(tag.body[1:5]) == string(rtmpout.AV1) && tag.body[0]&0x8F == 0x81: // coded frames
			video = append(video, unit{data: tag.body[5:]})
		case tag.kind == 8 && string(tag.body[1:5]) == string(rtmpout.Opus) && tag.body[0] == 0x91:
			audio = append(audio, unit{data: tag.body[5:]})
		}
	}
	same(t, "av1", received(video), recorded(t, film, "v"), 30)
	same(t, "opus", received(audio), recorded(t, film, "a"), 90)
	removeAll(t, l.dir+"/*.flv", l.dir+"/*.ts") // to find the next ones

	if said, err := stream(t, l.url, "--enhanced", "--video-codec", "hevc"); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	ts := l.recording(t, ".ts")
	pictures := len(recorded(t, ts, "v"))
	if pictures < 30 {
		t.Errorf("%d pictures", pictures)
	}
	decodes(t, ts, "hevc", pictures)
}

func removeAll(t *testing.T, patterns ...string) {
	t.Helper()
	for _, p := range patterns {
		files, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			os.Remove(f)
		}
	}
}

// A server that does not say that it takes them is not sent them: the program says so,
// and what to do, and does not wait. As --enhanced says, the user may know better.
func TestProgramRefused(t *testing.T) {
	l := startLal(t)
	for _, c := range modern {
		said, err := stream(t, l.url, "--video-codec", c.video, "--audio-codec", c.audio)
		if err == nil {
			t.Errorf("%s and %s: it streams to a server that does not declare them", c.video, c.audio)
		}
		if line := strings.TrimSuffix(said, "\n"); strings.Contains(line, "\n") || !strings.Contains(line, "only H.264 and AAC") || strings.Count(line+" ", ". ") < 2 {
			t.Errorf("%s and %s: %q", c.video, c.audio, said)
		}
		t.Log(strings.TrimSpace(said))
	}
	if files, _ := filepath.Glob(l.dir + "/*.flv"); len(files) > 0 {
		t.Errorf("the server has received something: %v", files)
	}
}
