package encoder

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

func modes() []VideoParams {
	p := VideoParams{Width: 320, Height: 180, FPS: 30, Bitrate: 500_000, KeyInterval: time.Second, Encoder: "x264"}
	low := p
	low.LowLatency = true
	wide := p
	wide.Width, wide.Height, wide.FPS, wide.Preset = 1920, 1080, 60, "ultrafast"
	wide.Bitrate = 6_000_000
	return []VideoParams{p, low, wide}
}

func TestVideoIsWhatWasAskedFor(t *testing.T) {
	for _, p := range modes() {
		t.Run(fmt.Sprintf("%d×%d low latency %t", p.Width, p.Height, p.LowLatency), func(t *testing.T) {
			n := 100
			config, shots := film(t, p, steady(n, p.FPS), 0, nil)
			if len(shots) != n {
				t.Errorf("%d pictures became %d packets", n, len(shots))
			}
			if config.Name != "libx264" || config.Record[0] != 1 {
				t.Errorf("config is %+v", config)
			}
			got := probe(t, save(t, config, shots))
			s := got.Streams[0]
			profile := "High"
			if p.Preset == "ultrafast" {
				profile = "Constrained Baseline"
			}
			if s.CodecName != "h264" || s.Profile != profile || s.Width != p.Width || s.Height != p.Height || s.PixFmt != "yuv420p" || s.IsAVC != "true" {
				t.Errorf("stream is %+v", s)
			}
			if s.ColorSpace != "bt709" || s.ColorRange != "tv" || s.Transfer != "bt709" || s.Primaries != "bt709" {
				t.Errorf("colours are %+v", s)
			}
			if s.FrameRate != fmt.Sprintf("%d/1", p.FPS) {
				t.Errorf("frame rate is %s", s.FrameRate)
			}
			if p.LowLatency && s.HasBFrames != 0 {
				t.Errorf("B-frames with low latency")
			}
			if len(got.Frames) != n {
				t.Fatalf("%d frames decoded, want %d", len(got.Frames), n)
			}
			for i, f := range got.Frames {
				if f.Space != "bt709" || f.Range != "tv" {
					t.Fatalf("frame %d is %+v", i, f)
				}
				if want := i%p.FPS == 0; want != (f.KeyFrame == 1) || want && f.Type != "I" {
					t.Errorf("frame %d: key %d, type %s", i, f.KeyFrame, f.Type)
				}
			}
		})
	}
}

// TestVUI asks the bit stream itself, without a container that could correct it.
func TestVUI(t *testing.T) {
	p := modes()[0]
	config, shots := film(t, p, steady(30, 30), 0, nil)
	raw := []byte{}
	start := []byte{0, 0, 0, 1}
	n := int(config.Record[6])<<8 | int(config.Record[7])
	raw = append(append(raw, start...), config.Record[8:8+n]...)
	pps := config.Record[8+n+1:]
	m := int(pps[0])<<8 | int(pps[1])
	raw = append(append(raw, start...), pps[2:2+m]...)
	for _, s := range shots {
		for nal := range eachLength(s.data) {
			raw = append(append(raw, start...), nal...)
		}
	}
	path := filepath.Join(t.TempDir(), "raw.h264")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s := probe(t, path).Streams[0]
	if s.ColorSpace != "bt709" || s.ColorRange != "tv" || s.FrameRate != "30/1" && s.FrameRate != "60/1" { // newer ones count fields
		t.Errorf("stream says %+v", s)
	}
}

// TestStampsPassThrough encodes an irregular camera: stamps with jitter and with
// pictures left out.
func TestStampsPassThrough(t *testing.T) {
	for _, p := range modes()[:2] {
		rng := rand.New(rand.NewPCG(7, 8))
		var stamps []time.Duration
		at := 5 * time.Second
		for range 150 {
			stamps = append(stamps, at)
			at += time.Duration(20+rng.IntN(27)) * time.Millisecond
			if rng.IntN(20) == 0 {
				at += 200 * time.Millisecond
			}
		}
		config, shots := film(t, p, stamps, 0, nil)
		var pts []time.Duration
		for _, s := range shots {
			pts = append(pts, s.pts)
		}
		slices.Sort(pts)
		if !slices.Equal(pts, stamps) {
			t.Fatalf("stamps in %v, out %v", stamps, pts)
		}
		last := time.Duration(-1)
		for _, s := range shots {
			if s.key {
				if gap := s.pts - last; last >= 0 && (gap > p.KeyInterval+230*time.Millisecond || gap < p.KeyInterval-20*time.Millisecond) {
					t.Errorf("%v between key frames", gap)
				}
				last = s.pts
			}
		}
		first := shots[0].dts
		for i, f := range probe(t, save(t, config, shots)).Frames {
			sec, err := strconv.ParseFloat(f.PTS, 64)
			if err != nil {
				t.Fatal(err)
			}
			// The muxer begins at zero when the first DTS is negative; here it is not.
			if d := sec - stamps[i].Seconds(); d > .0011 || d < -.0011 {
				t.Fatalf("frame %d is decoded at %.3f s, was sent at %v (first DTS %v)", i, sec, stamps[i], first)
			}
		}
	}
}

func TestForceKey(t *testing.T) {
	for _, p := range modes()[:2] {
		stamps := steady(90, 30)
		_, shots := film(t, p, stamps, 0, func(v *Video, n int) {
			if n == 17 || n == 40 {
				v.ForceKey()
			}
		})
		var keys []int
		for _, s := range shots {
			if s.key {
				keys = append(keys, slices.Index(stamps, s.pts))
			}
		}
		// The interval begins anew with each.
		if want := []int{0, 17, 40, 70}; !slices.Equal(keys, want) {
			t.Errorf("key frames %v, want %v", keys, want)
		}
	}
}

// TestBitrate encodes noise, which takes all bits it can get.
func TestBitrate(t *testing.T) {
	for _, p := range modes()[:2] {
		p.Bitrate = 1_000_000
		_, shots := film(t, p, steady(300, 30), 120, nil)
		var bits int
		for _, s := range shots {
			bits += 8 * len(s.data)
		}
		if got := bits / 10; got < 900_000 || got > 1_100_000 {
			t.Errorf("low latency %t: %d bit/s, asked for 1000000", p.LowLatency, got)
		}
	}
}

// TestSetBitrate changes the bitrate in mid-stream, and holds every second that
// begins after the change to the new one: what a link of that speed with a buffer
// of one second sees.
func TestSetBitrate(t *testing.T) {
	const before, after = 2_000_000, 700_000
	for _, p := range modes()[:2] {
		for _, c := range [][2]int{{before, after}, {after, before}} {
			p.Bitrate = c[0]
			stamps := steady(360, 30)
			_, shots := film(t, p, stamps, 120, func(v *Video, n int) {
				if n == 180 {
					if err := v.SetBitrate(c[1]); err != nil {
						t.Error(err)
					}
				}
			})
			rate := func(from, to int) int {
				var bits int
				for _, s := range shots {
					if n := slices.Index(stamps, s.pts); n >= from && n < to {
						bits += 8 * len(s.data)
					}
				}
				return bits * 30 / (to - from)
			}
			if got := rate(60, 180); got < c[0]*85/100 || got > c[0]*115/100 {
				t.Errorf("low latency %t: %d bit/s before the change, want %d", p.LowLatency, got, c[0])
			}
			if got := rate(210, 360); got < c[1]*85/100 || got > c[1]*115/100 {
				t.Errorf("low latency %t: %d bit/s after one VBV, want %d", p.LowLatency, got, c[1])
			}
			if got := rate(180, 210); c[1] < c[0] && got > c[1]*2 {
				t.Errorf("low latency %t: %d bit/s in the second after the change to %d", p.LowLatency, got, c[1])
			}
		}
	}
}

// TestLatency counts how many pictures the encoder keeps.
func TestLatency(t *testing.T) {
	for _, p := range modes()[:2] {
		v, err := OpenVideo(p)
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		f := capture.NewFramePool(capture.I420, p.Width, p.Height).Get()
		kept, most := 0, 0
		for n := range 60 {
			f.PTS = time.Duration(n) * time.Second / 30
			kept++
			if err := v.Encode(f, func(pkt *Packet) { kept--; pkt.Release() }); err != nil {
				t.Fatal(err)
			}
			most = max(most, kept)
		}
		t.Logf("low latency %t: keeps %d pictures", p.LowLatency, most)
		if p.LowLatency && most > 0 || most > 14 {
			t.Errorf("low latency %t: keeps %d pictures", p.LowLatency, most)
		}
	}
}

func TestVideoRefuses(t *testing.T) {
	good := modes()[0]
	for _, change := range []func(*VideoParams){
		func(p *VideoParams) { p.Width = 321 }, func(p *VideoParams) { p.Height = 0 }, func(p *VideoParams) { p.FPS = 1000 },
		func(p *VideoParams) { p.Bitrate = 1 }, func(p *VideoParams) { p.KeyInterval = time.Hour }, func(p *VideoParams) { p.Preset = "warp:crf=1" },
	} {
		p := good
		change(&p)
		if _, err := OpenVideo(p); err == nil {
			t.Errorf("%+v was accepted", p)
		} else if _, ok := errors.AsType[*ParamError](err); !ok {
			t.Errorf("%+v: %v", p, err)
		}
	}
	p := good
	p.Encoder = "h264_abacus"
	_, err := OpenVideo(p)
	if e, ok := errors.AsType[*UnknownEncoderError](err); !ok || !slices.Contains(e.Have, "x264") || !slices.Contains(e.Have, "auto") {
		t.Errorf("unknown encoder: %v", err)
	}

	v, err := OpenVideo(good)
	if err != nil {
		t.Fatal(err)
	}
	emit := func(p *Packet) { p.Release() }
	if err := v.Encode(capture.NewFramePool(capture.I420, 64, 64).Get(), emit); !errors.Is(err, libav.ErrShape) {
		t.Errorf("wrong size: %v", err)
	}
	if err := v.Encode(capture.NewFramePool(capture.BGRA, 320, 180).Get(), emit); !errors.Is(err, libav.ErrShape) {
		t.Errorf("wrong format: %v", err)
	}
	v.Close()
	v.Close()
	if err := v.Encode(capture.NewFramePool(capture.I420, 320, 180).Get(), emit); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// TestAutoFallsBack runs where no hardware encoder answers, and must find libx264.
// Where one does, it must work.
func TestAutoFallsBack(t *testing.T) {
	p := modes()[0]
	p.Encoder = "auto"
	p.Width, p.Height = 640, 360
	config, shots := film(t, p, steady(60, 30), 0, nil)
	if len(shots) != 60 {
		t.Errorf("%s: %d packets of 60", config.Name, len(shots))
	}
	if got := probe(t, save(t, config, shots)); len(got.Frames) != 60 {
		t.Errorf("%s: %d frames of 60", config.Name, len(got.Frames))
	}
}

func BenchmarkVideo(b *testing.B) {
	for _, low := range []bool{false, true} {
		b.Run(fmt.Sprintf("720p30 low latency %t", low), func(b *testing.B) {
			v, err := OpenVideo(VideoParams{Width: 1280, Height: 720, FPS: 30, Bitrate: 2_500_000, Encoder: "x264", LowLatency: low})
			if err != nil {
				b.Fatal(err)
			}
			defer v.Close()
			var clip []*capture.Frame
			pool := capture.NewFramePool(capture.I420, 1280, 720)
			rng := rand.New(rand.NewPCG(1, 2))
			for n := range 30 {
				f := pool.Get()
				content(f, n, 4, rng)
				clip = append(clip, f)
			}
			emit := func(p *Packet) { p.Release() }
			n := 0
			next := func() {
				f := clip[n%30]
				f.PTS = time.Duration(n) * time.Second / 30
				n++
				if err := v.Encode(f, emit); err != nil {
					b.Fatal(err)
				}
			}
			for range 120 { // until the pools have what they need
				next()
			}
			b.ReportAllocs()
			for b.Loop() {
				next()
			}
		})
	}
}
