package recording

import (
	"bytes"
	"encoding/json"
	"math"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/capture"
	"tally/encoder"
)

// show encodes a moving picture and a tone, as the studio does.
type show struct {
	video *encoder.Video
	audio *encoder.Audio
	pool  *capture.FramePool
	n     int
}

const (
	fps   = 30
	begin = 5 * time.Second // on the session's clock
)

func newShow(t testing.TB) *show {
	t.Helper()
	v, err := encoder.OpenVideo(encoder.VideoParams{Width: 320, Height: 180, FPS: fps, Bitrate: 800_000, KeyInterval: time.Second, Encoder: "x264"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := encoder.OpenAudio(encoder.AudioParams{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	t.Cleanup(a.Close)
	return &show{video: v, audio: a, pool: capture.NewFramePool(capture.I420, 320, 180)}
}

func (s *show) params(path string) Params {
	v, a := s.video.Config(), s.audio.Config()
	return Params{Path: path, Video: &v, Audio: &a}
}

// frame encodes the next picture and the sound that goes with it.
func (s *show) frame(t testing.TB, emit func(*encoder.Packet)) {
	t.Helper()
	const rate = 48000
	sound := capture.NewSamples(rate, 2, rate/fps)
	sound.PTS = begin + time.Duration(s.n)*time.Second/fps
	for i := range sound.Data {
		sound.Data[i] = float32(.3 * math.Sin(2*math.Pi*440*float64(s.n*rate/fps+i/2)/rate))
	}
	if err := s.audio.Encode(sound, emit); err != nil {
		t.Fatal(err)
	}
	sound.Release()
	f := s.pool.Get()
	f.PTS = begin + time.Duration(s.n)*time.Second/fps
	for y := range f.Height {
		for x := range f.Width {
			f.Plane[0][y*f.Stride[0]+x] = byte(40 + (x*y/7+x+5*s.n)%170)
		}
	}
	for _, p := range f.Plane[1:] {
		for i := range p {
			p[i] = byte(100 + (i+s.n)%50)
		}
	}
	if err := s.video.Encode(f, emit); err != nil {
		t.Fatal(err)
	}
	f.Release()
	s.n++
}

func (s *show) flush(t testing.TB, emit func(*encoder.Packet)) {
	t.Helper()
	if err := s.audio.Flush(emit); err != nil {
		t.Fatal(err)
	}
	if err := s.video.Flush(emit); err != nil {
		t.Fatal(err)
	}
}

// into writes packets to a recording.
func into(r *Recording) func(*encoder.Packet) {
	return func(p *encoder.Packet) {
		r.Write(p)
		p.Release()
	}
}

// inOrder writes packets as the show's fan-out does: sound waits for the picture of
// its moment, which leaves the encoder later. end writes what is held.
func inOrder(r *Recording) (emit func(*encoder.Packet), end func()) {
	var held []*encoder.Packet
	write := into(r)
	until := func(t time.Duration) {
		for len(held) > 0 && held[0].PTS <= t {
			write(held[0])
			held = held[1:]
		}
	}
	return func(p *encoder.Packet) {
		if p.Track == encoder.AudioTrack {
			held = append(held, p)
			return
		}
		until(p.DTS)
		write(p)
	}, func() { until(1 << 62) }
}

// played is what ffprobe finds in a file.
type played struct {
	Format struct{ Duration string }
	frames map[string][]frame
}

type frame struct {
	Type     string `json:"media_type"`
	Key      int    `json:"key_frame"`
	PTS      string `json:"pts_time"`
	at       float64
	Duration string `json:"duration_time"`
}

// playFile decodes all of a file with ffmpeg, which must not complain, and lists its
// frames.
func playFile(t testing.TB, path string) played {
	t.Helper()
	var complaints bytes.Buffer
	cmd := exec.Command("ffmpeg", "-v", "error", "-i", path, "-f", "null", "-")
	cmd.Stderr = &complaints
	if err := cmd.Run(); err != nil || complaints.Len() > 0 {
		t.Errorf("ffmpeg: %v: %s", err, complaints.Bytes())
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-show_format", "-show_frames", "-of", "json", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	var p struct {
		played
		Frames []frame
	}
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	p.frames = map[string][]frame{}
	for _, f := range p.Frames {
		f.at, _ = strconv.ParseFloat(f.PTS, 64)
		p.frames[f.Type] = append(p.frames[f.Type], f)
	}
	return p.played
}

func (p played) end(kind string) float64 {
	f := p.frames[kind]
	if len(f) == 0 {
		return -1
	}
	return f[len(f)-1].at
}

// seconds is the length that the file's head tells.
func (p played) seconds() float64 {
	s, _ := strconv.ParseFloat(p.Format.Duration, 64)
	return s
}

func TestMain(m *testing.M) {
	if childMain() {
		return
	}
	goleak.VerifyTestMain(m)
}
