package app

import (
	"math/rand/v2"
	"testing"
	"time"

	"tally/capture"
	"tally/encoder"
)

// The encoder spends per picture, so at half the pace it is told twice the
// bitrate, and must then spend what it was meant to: the controller counts on it.
func TestBitrateAtHalfThePace(t *testing.T) {
	for _, low := range []bool{true, false} {
		v, err := encoder.OpenVideo(encoder.VideoParams{Width: 320, Height: 180, FPS: 30, Bitrate: 400_000, Encoder: "x264", LowLatency: low})
		if err != nil {
			t.Fatal(err)
		}
		defer v.Close()
		pool := capture.NewFramePool(capture.I420, 320, 180)
		random := rand.New(rand.NewPCG(1, 2))
		var bits [2]int // at full pace, and at half
		half := 0
		for n := range 600 {
			if n >= 300 {
				if half = 1; n%2 != 0 {
					continue
				}
				if err := v.SetBitrate(800_000); err != nil {
					t.Fatal(err)
				}
			}
			f := pool.Get()
			for i := range f.Plane[0] {
				f.Plane[0][i] = byte(60 + random.IntN(120))
			}
			f.PTS = time.Duration(n) * time.Second / 30
			err := v.Encode(f, func(p *encoder.Packet) { bits[half] += 8 * len(p.Data); p.Release() })
			f.Release()
			if err != nil {
				t.Fatal(err)
			}
		}
		full, slow := bits[0]/10, bits[1]/10
		t.Logf("low latency %t: %d bit/s at 30, %d at 15 pictures a second", low, full, slow)
		if slow > 440_000 || slow < 300_000 {
			t.Errorf("low latency %t: %d bit/s at half the pace, of 400000", low, slow)
		}
	}
}
