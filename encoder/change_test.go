package encoder_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/capture"
	"tally/capture/libav"
	"tally/encoder"
	"tally/encoder/encodertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// take is what one stream became.
type take struct {
	packets []*encoder.Packet
	longest time.Duration // that one call took
}

// feed encodes noise in real time or as fast as it goes, and calls at before each
// picture.
func feed(t *testing.T, v *encoder.Video, pictures int, real bool, at func(n int)) (out take) {
	t.Helper()
	c := v.Config()
	pool := capture.NewFramePool(capture.I420, c.Width, c.Height)
	random := rand.New(rand.NewPCG(3, 4))
	emit := func(p *encoder.Packet) { out.packets = append(out.packets, p) }
	began := time.Now()
	for n := range pictures {
		f := pool.Get()
		for _, plane := range f.Plane {
			for i := range plane {
				plane[i] = byte(60 + (i+n)&63 + random.IntN(40))
			}
		}
		f.PTS = time.Duration(n) * time.Second / time.Duration(c.FPS)
		if real {
			time.Sleep(time.Until(began.Add(f.PTS)))
		}
		if at != nil {
			at(n)
		}
		before := time.Now()
		if err := v.Encode(f, emit); err != nil {
			t.Fatalf("picture %d: %v", n, err)
		}
		out.longest = max(out.longest, time.Since(before))
		f.Release()
	}
	if err := v.Flush(emit); err != nil {
		t.Fatal(err)
	}
	return out
}

// check wants one stream: time goes on, and what each encoder made can be decoded
// by itself with its own record. It returns where the encoders began, in pictures.
func (o take) check(t *testing.T, fps int) (begins []int) {
	t.Helper()
	var parts [][]*encoder.Packet
	for i, p := range o.packets {
		if i > 0 && p.DTS <= o.packets[i-1].DTS || p.PTS < p.DTS {
			t.Errorf("packet %d: PTS %v, DTS %v after %v", i, p.PTS, p.DTS, o.packets[max(0, i-1)].DTS)
		}
		if p.Config != nil {
			if !p.Key {
				t.Errorf("packet %d: another encoder begins without a key frame", i)
			}
			parts = append(parts, nil)
			begins = append(begins, int((p.PTS*time.Duration(fps)+time.Second/2)/time.Second))
		}
		if parts == nil {
			t.Fatal("the first packet has no configuration")
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], p)
	}
	for n, part := range parts {
		if got := decoded(t, *part[0].Config, part); got != len(part) {
			t.Errorf("part %d: %d pictures decoded of %d", n, got, len(part))
		}
	}
	return begins
}

// decoded writes packets into a file, and counts what ffmpeg decodes of it without a
// complaint.
func decoded(t *testing.T, c encoder.VideoConfig, packets []*encoder.Packet) int {
	t.Helper()
	path := filepath.Join(t.TempDir(), "part.mkv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := libav.NewMuxer(f, libav.MuxSetup{Format: "matroska", Video: &libav.VideoTrack{
		Codec: string(c.Codec), Width: c.Width, Height: c.Height, FPS: c.FPS, Bitrate: c.Bitrate, Record: c.Record,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, p := range packets {
		if err := m.Write(true, p.Data, p.PTS+time.Second, p.DTS+time.Second, p.Duration, p.Key); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=nb_read_frames,color_space,color_range", "-of", "default=nw=1", path)
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("ffprobe: %v: %s", err, complaints.Bytes())
	}
	if s := string(out); !strings.Contains(s, "color_space=bt709") || !strings.Contains(s, "color_range=tv") {
		t.Errorf("colours: %s", s)
	}
	var n int
	for line := range strings.Lines(string(out)) {
		fmt.Sscanf(line, "nb_read_frames=%d", &n)
	}
	return n
}

// TestHardwareFails breaks the hardware in the middle of a stream in every way there
// is: within a second and a half at most the software has taken over.
func TestHardwareFails(t *testing.T) {
	for _, c := range []struct {
		name  string
		fault encodertest.Fault
		most  time.Duration // that a call may take
		gap   time.Duration // without pictures
	}{
		{"error", encodertest.Gone, 500 * time.Millisecond, 200 * time.Millisecond},
		{"mute", encodertest.Mute, 500 * time.Millisecond, 1400 * time.Millisecond},
		{"stuck", encodertest.Stuck, 1500 * time.Millisecond, 1500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			hardware := encodertest.Install(t)
			v, err := encoder.OpenVideo(encoder.VideoParams{Width: 320, Height: 180, FPS: 30, Bitrate: 500_000, LowLatency: true})
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if name := v.Config().Name; name != encodertest.Name {
				t.Fatalf("auto chose %s", name)
			}
			out := feed(t, v, 120, true, func(n int) {
				if n == 45 {
					hardware.Break(c.fault)
				}
			})
			begins := out.check(t, 30)
			after := v.Config()
			t.Logf("%v; longest call %v; %s because of %v", begins, out.longest, after.Name, after.Cause)
			if len(begins) != 2 || after.Name != "libx264" || after.Failed != encodertest.Name || after.Cause == nil {
				t.Errorf("encoders began at %v, now %+v", begins, after)
			}
			if out.longest > c.most {
				t.Errorf("a call took %v", out.longest)
			}
			gap := time.Duration(0)
			for i := 1; i < len(out.packets); i++ {
				gap = max(gap, out.packets[i].PTS-out.packets[i-1].PTS)
			}
			if gap > c.gap {
				t.Errorf("%v without a picture", gap)
			}
		})
	}
}

// TestHardwareThatFailsAtOnce is found out before anybody sees it.
func TestHardwareThatFailsAtOnce(t *testing.T) {
	for _, fault := range []encodertest.Fault{encodertest.Gone, encodertest.Mute, encodertest.Stuck} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			hardware := encodertest.Install(t)
			hardware.Break(fault)
			p := encoder.VideoParams{Width: 320, Height: 180, FPS: 30, Bitrate: 500_000}
			v, err := encoder.OpenVideo(p)
			if err != nil {
				t.Fatal(err)
			}
			defer v.Close()
			if c := v.Config(); c.Name != "libx264" || c.Failed != "" {
				t.Errorf("it is %+v", c)
			}
			p.Encoder = encodertest.Name
			if _, err := encoder.OpenVideo(p); err == nil {
				t.Error("it was opened")
			}
		})
	}
}

// TestSetPreset changes the encoder for one with another preset, without losing a
// picture.
func TestSetPreset(t *testing.T) {
	for _, low := range []bool{false, true} {
		v, err := encoder.OpenVideo(encoder.VideoParams{Width: 320, Height: 180, FPS: 30, Bitrate: 500_000, Encoder: "x264", LowLatency: low})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		out := feed(t, v, 90, true, func(n int) {
			if n == 20 {
				if err := v.SetPreset("ultrafast"); err != nil {
					t.Error(err)
				}
			}
		})
		if begins := out.check(t, 30); len(begins) != 2 || len(out.packets) != 90 || v.Config().Preset != "ultrafast" || v.Config().Failed != "" {
			t.Errorf("low latency %t: encoders began at %v, %d packets, now %+v", low, begins, len(out.packets), v.Config())
		}
		if err := v.SetPreset("warp"); err == nil {
			t.Error("another preset was accepted")
		}
	}
}

// TestSetBitrateOfAny holds every software encoder to a new bitrate: within one VBV
// of one second after the encoder obeys, and what cannot obey is changed at once for
// a lower one.
func TestSetBitrateOfAny(t *testing.T) {
	const before, after = 1_200_000, 500_000
	for _, codec := range encoder.VideoCodecs() {
		for _, low := range []bool{false, true} {
			t.Run(fmt.Sprint(codec, " low latency ", low), func(t *testing.T) {
				v := openSoftware(t, codec, low, before)
				out := feed(t, v, 210, true, func(n int) {
					if n == 60 {
						if err := v.SetBitrate(after); err != nil {
							t.Error(err)
						}
					}
				})
				begins := out.check(t, 30)
				rate := func(from, to int) int {
					bits := 0
					for _, p := range out.packets {
						if n := int((p.PTS*30 + time.Second/2) / time.Second); n >= from && n < to {
							bits += 8 * len(p.Data)
						}
					}
					return bits * 30 / (to - from)
				}
				t.Logf("encoders began at %v; %d bit/s, in the second after %d, then %d", begins, rate(0, 60), rate(60, 90), rate(100, 200))
				if got := rate(100, 200); got > after*125/100 || got < after/2 {
					t.Errorf("%d bit/s more than one VBV after the change to %d", got, after)
				}
			})
		}
	}
}

func openSoftware(t testing.TB, codec encoder.Codec, low bool, bitrate int) *encoder.Video {
	t.Helper()
	names := encoder.Encoders(codec)
	v, err := encoder.OpenVideo(encoder.VideoParams{
		Codec: codec, Width: 320, Height: 180, FPS: 30, Bitrate: bitrate, KeyInterval: time.Second,
		Encoder: names[len(names)-1], Preset: "ultrafast", LowLatency: low,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// TestKeyFramesOfAny wants key frames each second, and where they are asked for.
func TestKeyFramesOfAny(t *testing.T) {
	for _, codec := range encoder.VideoCodecs() {
		for _, low := range []bool{false, true} {
			t.Run(fmt.Sprint(codec, " low latency ", low), func(t *testing.T) {
				v := openSoftware(t, codec, low, 800_000)
				out := feed(t, v, 120, false, func(n int) {
					if n == 47 {
						v.ForceKey()
					}
				})
				out.check(t, 30)
				var keys []int
				for _, p := range out.packets {
					if p.Key {
						keys = append(keys, int((p.PTS*30+time.Second/2)/time.Second))
					}
				}
				if want := []int{0, 30, 47, 77, 107}; !slices.Equal(keys, want) || len(out.packets) != 120 {
					t.Errorf("key frames %v of %d pictures, want %v", keys, len(out.packets), want)
				}
			})
		}
	}
}

// TestShapeIsNoFailure: what the caller does wrong is told, and changes no encoder.
func TestShapeIsNoFailure(t *testing.T) {
	v := openSoftware(t, encoder.H264, true, 500_000)
	if err := v.Encode(capture.NewFramePool(capture.I420, 64, 64).Get(), nil); !errors.Is(err, libav.ErrShape) || v.Config().Failed != "" {
		t.Errorf("%v; %+v", err, v.Config())
	}
}

// A show may end before its first picture: no encoder may wait for one then.
func TestEndWithoutPictures(t *testing.T) {
	for _, codec := range encoder.VideoCodecs() {
		for _, flush := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, flush %t", codec, flush), func(t *testing.T) {
				v := openSoftware(t, codec, false, 500_000)
				done := make(chan error, 1)
				go func() {
					var err error
					if flush {
						err = v.Flush(func(p *encoder.Packet) { p.Release() })
					}
					v.Close()
					done <- err
				}()
				select {
				case err := <-done:
					if err != nil {
						t.Error(err)
					}
				case <-time.After(10 * time.Second):
					panic("it waits for a picture, and so would the end of the test")
				}
			})
		}
	}
}
