package encoder

import (
	"fmt"
	"runtime"
	"slices"
)

// presets by x264's names, what they cost there in units of veryfast, roughly,
// and the number of SVT-AV1's preset that comes nearest.
var presets = []struct {
	name string
	cost int
	svt  int
}{
	{"ultrafast", 1, 12},
	{"superfast", 1, 11},
	{"veryfast", 1, 10},
	{"faster", 2, 9},
	{"fast", 2, 8},
	{"medium", 3, 7},
	{"slow", 4, 6},
	{"slower", 8, 5},
	{"veryslow", 16, 4},
}

func presetNamed(name string) (cost, svt int) {
	for _, p := range presets {
		if p.name == name {
			return p.cost, p.svt
		}
	}
	return 0, 0
}

// Presets lists the names that [VideoParams.Preset] can have, the fastest first.
func Presets() []string {
	names := make([]string, 0, len(presets))
	for _, p := range presets {
		names = append(names, p.name)
	}
	return slices.Clip(names)
}

// Faster is the next faster preset, and false when there is none.
func Faster(preset string) (string, bool) {
	if n := slices.Index(Presets(), preset); n > 0 {
		return presets[n-1].name, true
	}
	return preset, false
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
	cost, _ := presetNamed(p.Preset)
	need := (p.Width*p.Height*p.FPS*max(1, cost) + pixelsEach - 1) / pixelsEach
	return max(1, min(need, runtime.NumCPU(), 8))
}

// x265 has a shorter look-ahead than by itself: it is latency, and what has to be
// waited for when another encoder takes over.
func x265(p VideoParams) []string {
	o := []string{"preset=" + p.Preset, "forced-idr=1"}
	const params = "x265-params=log-level=none:scenecut=0:open-gop=0:min-keyint=1:info=0"
	if p.LowLatency {
		return append(o, "tune=zerolatency", params)
	}
	return append(o, params+":rc-lookahead=10:bframes=3")
}

// svtAV1 holds a constant bitrate, which SVT-AV1 can only without B-frames. It
// sets key frames by counting; see backend.counts.
func svtAV1(p VideoParams) []string {
	_, n := presetNamed(p.Preset)
	return []string{
		fmt.Sprint("preset=", n), "maxrate=0", "bufsize=0", fmt.Sprint("g=", framesIn(p.KeyInterval, p.FPS)),
		"svtav1-params=rc=2:pred-struct=1:scd=0:lookahead=0",
	}
}

func nvenc(p VideoParams) []string {
	if p.LowLatency {
		return []string{"preset=p3", "tune=ull", "rc=cbr", "bf=0", "forced-idr=1", "no-scenecut=1", "zerolatency=1", "delay=0"}
	}
	return []string{"preset=p4", "tune=hq", "rc=cbr", "bf=0", "forced-idr=1", "no-scenecut=1"}
}

// nvencAV1 is nvenc without the option that its AV1 does not have.
func nvencAV1(p VideoParams) []string {
	return slices.DeleteFunc(nvenc(p), func(o string) bool { return o == "no-scenecut=1" })
}

func vaapi(p VideoParams) []string {
	if p.LowLatency {
		return []string{"rc_mode=CBR", "bf=0", "async_depth=1"}
	}
	return []string{"rc_mode=CBR", "bf=0"}
}

func qsv(p VideoParams) []string {
	if p.LowLatency {
		return []string{"preset=veryfast", "bf=0", "forced_idr=1", "async_depth=1"}
	}
	return []string{"preset=veryfast", "bf=0", "forced_idr=1"}
}

func v4l2(VideoParams) []string { return []string{"bf=0"} }

func mediaFoundation(p VideoParams) []string {
	scenario := "scenario=live_streaming"
	if p.LowLatency {
		scenario = "scenario=display_remoting"
	}
	return []string{"rate_control=cbr", "hw_encoding=1", "bf=0", scenario}
}

func videoToolbox(VideoParams) []string { return []string{"realtime=1", "bf=0", "profile=high"} }

func videoToolboxHEVC(VideoParams) []string { return []string{"realtime=1", "bf=0", "profile=main"} }
