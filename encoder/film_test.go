package encoder

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// content draws picture n: a moving gradient with bars, and as much noise as
// asked for (0 to 255).
func content(f *capture.Frame, n, noise int, rng *rand.Rand) {
	w, h := f.Width, f.Height
	for y := range h {
		row := f.Plane[0][y*f.Stride[0]:][:w]
		for x := range row {
			v := 40 + (x+3*n)%w*150/w
			if (x/32+y/32+n/8)%5 == 0 {
				v = 200 - y*100/h
			}
			row[x] = byte(v)
		}
		if noise > 0 {
			for x := range row {
				row[x] = byte(min(235, max(16, int(row[x])+rng.IntN(noise)-noise/2)))
			}
		}
	}
	for i := 1; i < 3; i++ {
		for j := range f.Plane[i] {
			f.Plane[i][j] = byte(128 + (j+n*i)%64 - 32)
		}
	}
}

// shot is one packet as a test remembers it.
type shot struct {
	pts, dts time.Duration
	key      bool
	data     []byte
}

// keep returns an emit function that copies packets to *to.
func keep(t testing.TB, to *[]shot) func(*Packet) {
	return func(p *Packet) {
		if len(p.Data) == 0 {
			t.Error("empty packet")
		}
		if n := len(*to); n > 0 && p.DTS < (*to)[n-1].dts {
			t.Errorf("DTS goes back from %v to %v", (*to)[n-1].dts, p.DTS)
		}
		if p.PTS < p.DTS {
			t.Errorf("PTS %v is before DTS %v", p.PTS, p.DTS)
		}
		*to = append(*to, shot{p.PTS, p.DTS, p.Key, bytes.Clone(p.Data)})
		p.Release()
	}
}

// film encodes pictures with the given stamps, and calls at before each.
func film(t testing.TB, p VideoParams, stamps []time.Duration, noise int, at func(v *Video, n int)) (VideoConfig, []shot) {
	t.Helper()
	v, err := OpenVideo(p)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	pool := capture.NewFramePool(capture.I420, p.Width, p.Height)
	rng := rand.New(rand.NewPCG(1, 2))
	var shots []shot
	for n, pts := range stamps {
		f := pool.Get()
		content(f, n, noise, rng)
		f.PTS = pts
		if at != nil {
			at(v, n)
		}
		if err := v.Encode(f, keep(t, &shots)); err != nil {
			t.Fatal(err)
		}
		for _, plane := range f.Plane { // an encoder that still reads f would show it
			clear(plane)
		}
		f.Release()
	}
	if err := v.Flush(keep(t, &shots)); err != nil {
		t.Fatal(err)
	}
	return v.Config(), shots
}

func steady(n, fps int) []time.Duration {
	s := make([]time.Duration, n)
	for i := range s {
		s[i] = time.Second + time.Duration(i)*time.Second/time.Duration(fps)
	}
	return s
}

// save writes packets to a Matroska file.
func save(t testing.TB, c VideoConfig, shots []shot) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "video.mkv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := libav.NewMuxer(f, libav.MuxSetup{Format: "matroska", Video: &libav.VideoTrack{
		Codec: string(c.Codec),
		Width: c.Width, Height: c.Height, FPS: c.FPS, Bitrate: c.Bitrate, Record: c.Record,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, s := range shots {
		if err := m.Write(true, s.data, s.pts, s.dts, time.Second/time.Duration(c.FPS), s.key); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	return path
}

type probed struct {
	Streams []struct {
		CodecName   string `json:"codec_name"`
		Profile     string
		Width       int
		Height      int
		PixFmt      string `json:"pix_fmt"`
		ColorSpace  string `json:"color_space"`
		ColorRange  string `json:"color_range"`
		Transfer    string `json:"color_transfer"`
		Primaries   string `json:"color_primaries"`
		FrameRate   string `json:"r_frame_rate"`
		IsAVC       string `json:"is_avc"`
		HasBFrames  int    `json:"has_b_frames"`
		SampleRate  string `json:"sample_rate"`
		Channels    int
		CodecType   string `json:"codec_type"`
		InitPadding int    `json:"initial_padding"`
	}
	Frames []struct {
		KeyFrame int    `json:"key_frame"`
		PTS      string `json:"best_effort_timestamp_time"`
		Type     string `json:"pict_type"`
		Space    string `json:"color_space"`
		Range    string `json:"color_range"`
	}
}

// probe decodes a file with ffprobe, which must find nothing to complain about.
func probe(t testing.TB, path string) (p probed) {
	t.Helper()
	cmd := exec.Command("ffprobe", "-v", "warning", "-show_streams", "-show_frames", "-of", "json", path)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ffprobe: %v: %s", err, complaints.Bytes())
	}
	if complaints.Len() > 0 {
		t.Errorf("ffprobe complains: %s", complaints.Bytes())
	}
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}
