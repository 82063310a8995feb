package testcard

import (
	"context"
	"math"
	"sync"
	"time"

	"tally/capture"
)

// The tone: 48 kHz stereo, both channels alike. Under the beep lies a quiet hum, so that a
// meter shows life and a gap can be heard.
const (
	ToneRate     = 48000
	ToneChannels = 2

	BeepTime  = 100 * time.Millisecond
	BeepHertz = 1000
	beepPeak  = 0.5  // −6 dBFS
	humPeak   = 0.01 // −40 dBFS
	humHertz  = 250

	blockFrames = 480 // 10 ms
	// Sound is caught up after short delays, since it must not have gaps. After
	// a longer one (the machine slept) it goes on at the present.
	catchUp = 500 * time.Millisecond
)

// OpenTone prepares the test card's sound. Sample n belongs to the instant
// n/48000 s of the clock. Blocks of 10 ms are delivered when their last sample
// is due.
func OpenTone(clock capture.Clock) capture.Source { return &tone{clock} }

type tone struct{ clock capture.Clock }

func (t *tone) Run(ctx context.Context, sink capture.Sink) error {
	if sink.Audio == nil {
		<-ctx.Done()
		return ctx.Err()
	}
	wave := oneSecond()
	beat := capture.NewBeat(t.clock, ToneRate/blockFrames)
	var next int64 // the block to deliver
	for first := true; ; first = false {
		due, err := beat.Wait(ctx) // block due−1 has just ended
		if err != nil {
			return err
		}
		if first || beat.At(due)-beat.At(next) > catchUp {
			next = due - 1
		}
		for ; next < due; next++ {
			s := capture.NewSamples(ToneRate, ToneChannels, blockFrames)
			s.PTS = beat.At(next)
			at := int(next % (ToneRate / blockFrames) * blockFrames)
			for i, v := range wave[at : at+blockFrames] {
				s.Data[2*i], s.Data[2*i+1] = v, v
			}
			sink.Audio(s)
		}
	}
}

// oneSecond is the whole sound, which repeats each second: every part of it has
// a whole number of periods in it.
var oneSecond = sync.OnceValue(func() []float32 {
	const beepFrames = ToneRate * int(BeepTime/time.Millisecond) / 1000
	const edge = ToneRate / 1000 // 1 ms, so that the beep does not click
	wave := make([]float32, ToneRate)
	for i := range wave {
		phase := 2 * math.Pi * float64(i) / ToneRate
		v := humPeak * math.Sin(humHertz*phase)
		if i < beepFrames {
			gain := min(1, float64(i)/edge, float64(beepFrames-i)/edge)
			v += beepPeak * gain * math.Sin(BeepHertz*phase)
		}
		wave[i] = float32(v)
	}
	return wave
})
