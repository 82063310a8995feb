package encoder

import (
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

const audioRate = 48000

// tone makes a block of a 1 kHz sine that is on in the first 100 ms of every
// second, so that its place in time can be found again.
func tone(from, frames int) *capture.Samples {
	s := capture.NewSamples(audioRate, 2, frames)
	s.PTS = time.Duration(from) * time.Second / audioRate
	for i := range frames {
		v := 0.0
		if (from+i)%audioRate < audioRate/10 {
			v = .5 * math.Sin(2*math.Pi*1000*float64(from+i)/audioRate)
		}
		s.Data[2*i], s.Data[2*i+1] = float32(v), float32(v)
	}
	return s
}

func openAudio(t testing.TB) *Audio {
	a, err := OpenAudio(AudioParams{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

func encodeTone(t testing.TB, a *Audio, from, frames int, shift time.Duration, to *[]shot) {
	t.Helper()
	s := tone(from, frames)
	s.PTS += shift
	if err := a.Encode(s, keep(t, to)); err != nil {
		t.Fatal(err)
	}
	clear(s.Data)
	s.Release()
}

// decode writes packets into ADTS-free Matroska, and lets ffmpeg decode all of
// them to mono floats, priming included.
func decode(t testing.TB, c AudioConfig, shots []shot) []float32 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audio.mkv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	m, err := libav.NewMuxer(f, libav.MuxSetup{Format: "matroska", Audio: &libav.AudioTrack{
		Codec: string(c.Codec),
		Rate:  c.Rate, Channels: c.Channels, Bitrate: c.Bitrate, FrameSize: c.FrameSize, Record: c.Record,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, s := range shots {
		if err := m.Write(false, s.data, s.pts, s.dts, time.Second*1024/audioRate, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-map", "0:a", "-ac", "1", "-f", "f32le", "-").Output()
	if err != nil {
		t.Fatalf("ffmpeg: %v", err)
	}
	samples := make([]float32, len(out)/4)
	for i := range samples {
		samples[i] = math.Float32frombits(uint32(out[4*i]) | uint32(out[4*i+1])<<8 | uint32(out[4*i+2])<<16 | uint32(out[4*i+3])<<24)
	}
	return samples
}

// TestAudioInStep sends beeps on the full second in blocks of odd lengths, and
// looks where they are in the decoded sound, by the packets' own stamps.
func TestAudioInStep(t *testing.T) {
	const begin, seconds = 3*audioRate + 12345, 5
	a := openAudio(t)
	var shots []shot
	for at, n := begin, 0; at < begin+seconds*audioRate; n++ {
		frames := []int{480, 1, 1023, 4096, 441}[n%5]
		encodeTone(t, a, at, frames, 0, &shots)
		at += frames
	}
	if err := a.Flush(keep(t, &shots)); err != nil {
		t.Fatal(err)
	}
	stamp := func(frames int) time.Duration { return time.Duration(frames) * time.Second / audioRate }
	if d := shots[0].pts - stamp(begin-1024); d < -time.Microsecond || d > time.Microsecond {
		t.Errorf("first packet at %v, want the priming before %v", shots[0].pts, stamp(begin))
	}
	for i := 1; i < len(shots); i++ {
		if d := shots[i].pts - shots[i-1].pts - stamp(1024); d < -time.Microsecond || d > time.Microsecond {
			t.Fatalf("packet %d comes %v after the one before", i, shots[i].pts-shots[i-1].pts)
		}
	}
	sound := decode(t, a.Config(), shots)
	if len(sound) < seconds*audioRate {
		t.Errorf("%d samples decoded of %d", len(sound), seconds*audioRate)
	}
	found := 0
	for i := audioRate / 2; i < len(sound); i++ {
		if math.Abs(float64(sound[i])) > .1 {
			at := shots[0].pts + stamp(i)
			off := at - at.Round(time.Second)
			if off < -2*time.Millisecond || off > 2*time.Millisecond {
				t.Errorf("beep heard at %v", at)
			}
			found++
			i += audioRate / 2
		}
	}
	if found < seconds-1 {
		t.Errorf("%d beeps heard", found)
	}
}

// TestAudioGap leaves out, repeats and shifts sound.
func TestAudioGap(t *testing.T) {
	for _, c := range []struct {
		name  string
		shift time.Duration // of everything from the second second on
		moves time.Duration // what the packets must follow of it
	}{
		{"within tolerance", 30 * time.Millisecond, 0},
		{"gap", 500 * time.Millisecond, 500 * time.Millisecond},
		{"just a gap", 41 * time.Millisecond, 41 * time.Millisecond},
		{"long gap", time.Hour, time.Hour},
		{"back", -300 * time.Millisecond, -300 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := openAudio(t)
			var shots []shot
			for at := 0; at < 3*audioRate; at += 480 {
				shift := time.Duration(0)
				if at >= audioRate {
					shift = c.shift
				}
				encodeTone(t, a, at, 480, shift, &shots)
			}
			if err := a.Flush(keep(t, &shots)); err != nil {
				t.Fatal(err)
			}
			for i := 1; i < len(shots); i++ {
				if shots[i].pts-shots[i-1].pts < 21*time.Millisecond {
					t.Errorf("packets at %v and %v overlap", shots[i-1].pts, shots[i].pts)
				}
			}
			end := shots[len(shots)-1].pts + 1024*time.Second/audioRate
			want := 3*time.Second + c.moves
			if d := end - want; d < -2*time.Millisecond || d > 45*time.Millisecond {
				t.Errorf("sound ends at %v, want %v", end, want)
			}
		})
	}
}

// TestAudioDoesNotDrift stamps blocks as a clock would that runs 300 ppm fast.
func TestAudioDoesNotDrift(t *testing.T) {
	a := openAudio(t)
	var shots []shot
	const seconds = 300
	for at := 0; at < seconds*audioRate; at += 4800 {
		encodeTone(t, a, at, 4800, time.Duration(at)*time.Second/audioRate*300/1_000_000, &shots)
		if n := len(shots); n > 0 {
			now := time.Duration(at+4800) * time.Second / audioRate * 1_000_300 / 1_000_000
			if d := now - shots[n-1].pts; d < -5*time.Millisecond || d > 130*time.Millisecond { // 40 of tolerance, up to four packets
				t.Fatalf("after %v the newest packet is at %v", now, shots[n-1].pts)
			}
		}
	}
}

func TestAudioRefuses(t *testing.T) {
	for _, p := range []AudioParams{{Rate: 1}, {Channels: 6}, {Bitrate: 1}} {
		if _, err := OpenAudio(p); err == nil {
			t.Errorf("%+v was accepted", p)
		}
	}
	a := openAudio(t)
	if err := a.Encode(capture.NewSamples(44100, 2, 10), nil); err == nil {
		t.Error("another rate was accepted")
	}
	if c := a.Config(); len(c.Record) < 2 || c.Record[0]>>3 != 2 || c.FrameSize != 1024 {
		t.Errorf("config is %+v, want AAC-LC", c)
	}
}

func BenchmarkAudio(b *testing.B) {
	a := openAudio(b)
	emit := func(p *Packet) { p.Release() }
	s := tone(0, 480)
	n := 0
	next := func() {
		s.PTS = time.Duration(n) * 10 * time.Millisecond
		n++
		if err := a.Encode(s, emit); err != nil {
			b.Fatal(err)
		}
	}
	for range 100 {
		next()
	}
	b.ReportAllocs()
	for b.Loop() {
		next()
	}
}
