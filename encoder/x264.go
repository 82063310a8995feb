package encoder

import (
	"runtime"
	"slices"
)

// presets of x264 and what they cost, in units of veryfast, roughly.
var presets = []struct {
	name string
	cost int
}{
	{"ultrafast", 1},
	{"superfast", 1},
	{"veryfast", 1},
	{"faster", 2},
	{"fast", 2},
	{"medium", 3},
	{"slow", 4},
	{"slower", 8},
	{"veryslow", 16},
}

func presetCost(name string) int {
	for _, p := range presets {
		if p.name == name {
			return p.cost
		}
	}
	return 0
}

// Presets lists the names that [VideoParams.Preset] can have, the fastest first.
func Presets() []string {
	names := make([]string, 0, len(presets))
	for _, p := range presets {
		names = append(names, p.name)
	}
	return slices.Clip(names)
}

// x264 chooses its options.
//
//   - annexb=0: NAL units come with their length in front, as FLV, Matroska and
//     MP4 want them, and need no rewriting.
//   - force-cfr=1: rate control goes by the nominal frame rate; stamps pass
//     through as they are.
//   - scenecut=0: key frames come when asked for and at no other time.
//   - sync-lookahead=0: saves the latency of four frames for a thread that has
//     little to do in the presets that stream.
func x264(p VideoParams) []string {
	o := []string{"preset=" + p.Preset, "forced-idr=1", "x264-params=annexb=0:force-cfr=1:scenecut=0:sync-lookahead=0:open-gop=0:filler=0"}
	if p.LowLatency {
		o = append(o, "tune=zerolatency")
	}
	return o
}

// threads is how many x264 gets: enough for the picture, and no more, since each
// costs a frame of latency (or, with LowLatency, a slice) and some work.
func threads(p VideoParams) int {
	const pixelsEach = 20_000_000 // a second, by one slow core at veryfast
	need := (p.Width*p.Height*p.FPS*max(1, presetCost(p.Preset)) + pixelsEach - 1) / pixelsEach
	return max(1, min(need, runtime.NumCPU(), 8))
}
