package program

import (
	"math"
	"testing"
)

// TestLevelJudgesMicrophones plays seconds of sound to the meter, the later ones last.
func TestLevelJudgesMicrophones(t *testing.T) {
	sine := func(peak float64) func(i int) float32 {
		return func(i int) float32 { return float32(peak * math.Sin(2*math.Pi*440*float64(i)/SoundRate)) }
	}
	speech, noise, nothing, loud := sine(0.2), sine(0.0005), sine(0), func(i int) float32 { return max(-1, min(1, 2*sine(1)(i))) }
	type part struct {
		seconds int
		sound   func(int) float32
	}
	for _, tt := range []struct {
		name              string
		parts             []part
		loud, quiet, mute bool
	}{
		{"speech", []part{{30, speech}}, false, false, false},
		{"a pause in speech", []part{{10, speech}, {15, noise}}, false, false, false},
		{"nobody speaks", []part{{10, speech}, {21, noise}}, false, true, false},
		{"a muted device", []part{{10, speech}, {3, nothing}}, false, false, true},
		{"muted for long", []part{{30, nothing}}, false, true, true},
		{"back from mute", []part{{30, nothing}, {1, speech}}, false, false, false},
		{"one shout", []part{{10, speech}, {1, loud}, {1, speech}}, false, false, false},
		{"too loud", []part{{10, speech}, {4, loud}}, true, false, false},
		{"too loud a while ago", []part{{4, loud}, {11, speech}}, false, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMeter()
			block := make([]float32, SoundChannels*SoundRate/100)
			for _, p := range tt.parts {
				for n := range p.seconds * 100 {
					for i := range len(block) / SoundChannels {
						v := p.sound(n*SoundRate/100 + i)
						block[SoundChannels*i], block[SoundChannels*i+1] = v, v
					}
					m.add(block)
				}
			}
			if l := m.Level(); l.Loud != tt.loud || l.Quiet != tt.quiet || l.Mute != tt.mute {
				t.Errorf("%+v", l)
			}
		})
	}
}
