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

	// What is wrong with a microphone, and lasts.
	Loud  bool // full scale was reached in at least three of the last ten seconds
	Quiet bool // nothing above -57 dB for twenty seconds
	Mute  bool // exactly nothing for two seconds: a microphone that works has noise
}

// Silent is the level of no sound.
const Silent = -96.0

// heard is the amplitude of -57 dB; a room in which nobody speaks is not far above.
const heard = 0.0014

const (
	peakFrames = SoundRate / 20
	rmsFrames  = SoundRate * 3 / 10
	clipFrames = SoundRate * 2
	nilFrames  = SoundRate * 2
	lowFrames  = SoundRate * 20

	loudSeconds = 3  // with clipped samples,
	lastSeconds = 10 // of so many
)

// Meter measures level. One goroutine adds; any may look.
type Meter struct {
	// Of the window being measured, touched by the adding goroutine only.
	peak     float32
	frames   int
	square   float64 // smoothed mean of squares
	sinceTop int     // frames since a sample reached full scale
	sinceAny int     // frames since a sample was not zero
	sinceLow int     // frames since a sample was heard
	clipped  [lastSeconds]bool
	total    int // frames

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
			m.sinceTop, m.clipped[m.total/SoundRate%lastSeconds] = 0, true
		}
		if a > 0 {
			m.sinceAny = 0
		}
		if a > heard {
			m.sinceLow = 0
		}
		if i%SoundChannels != 0 {
			continue
		}
		m.frames++
		m.sinceTop, m.sinceAny, m.sinceLow = min(m.sinceTop+1, clipFrames), min(m.sinceAny+1, nilFrames), min(m.sinceLow+1, lowFrames)
		if m.total++; m.total%SoundRate == 0 {
			m.clipped[m.total/SoundRate%lastSeconds] = false
		}
		if m.frames >= peakFrames {
			m.publish()
		}
	}
}

func (m *Meter) publish() {
	l := Level{PeakDB: decibel(float64(m.peak)), RMSDB: decibel(math.Sqrt(m.square)), Clipped: m.sinceTop < clipFrames}
	l.Mute, l.Quiet = m.sinceAny >= nilFrames, m.sinceLow >= lowFrames
	clipped := 0
	for _, c := range m.clipped {
		if c {
			clipped++
		}
	}
	l.Loud = clipped >= loudSeconds
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
