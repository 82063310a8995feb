package program

import (
	"math"
	"sync"
)

// Level is how loud the sound is, in dB of full scale.
type Level struct {
	PeakDB  float64 // highest sample of the last 50 ms; -96 is silence
	RMSDB   float64 // of the last 300 ms
	Clipped bool    // a sample reached full scale within the last two seconds
}

// Silent is the level of no sound.
const Silent = -96.0

const (
	peakFrames = SoundRate / 20
	rmsFrames  = SoundRate * 3 / 10
	clipFrames = SoundRate * 2
)

// Meter measures level. One goroutine adds; any may look.
type Meter struct {
	// Of the window being measured, touched by the adding goroutine only.
	peak     float32
	frames   int
	square   float64 // smoothed mean of squares
	sinceTop int     // frames since a sample reached full scale

	mu    sync.Mutex
	level Level
}

func newMeter() *Meter {
	return &Meter{sinceTop: clipFrames, level: Level{PeakDB: Silent, RMSDB: Silent}}
}

// Level is the latest measurement.
func (m *Meter) Level() Level {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.level
}

// add measures interleaved stereo.
func (m *Meter) add(data []float32) {
	for i, v := range data {
		a := float32(math.Abs(float64(v)))
		m.peak = max(m.peak, a)
		m.square += (float64(v)*float64(v) - m.square) / (rmsFrames * SoundChannels)
		if a >= 0.999 {
			m.sinceTop = 0
		}
		if i%SoundChannels != 0 {
			continue
		}
		m.frames++
		m.sinceTop = min(m.sinceTop+1, clipFrames)
		if m.frames >= peakFrames {
			m.publish()
		}
	}
}

func (m *Meter) publish() {
	l := Level{PeakDB: decibel(float64(m.peak)), RMSDB: decibel(math.Sqrt(m.square)), Clipped: m.sinceTop < clipFrames}
	m.peak, m.frames = 0, 0
	m.mu.Lock()
	m.level = l
	m.mu.Unlock()
}

// decibel converts an amplitude, full scale 1, to dBFS.
func decibel(a float64) float64 {
	if a <= 0 {
		return Silent
	}
	return max(Silent, 20*math.Log10(a))
}
