package app

import (
	"strings"
	"testing"

	"tally/app/uplink"
	"tally/assets"
	"tally/encoder"
)

// can is a machine that encodes the picture of a height and pace, and 1080p at 60
// only if that is what it is.
func can(height, fps int) encoder.Budget {
	step := func(h, fps int, preset string, rate float64) encoder.Step {
		return encoder.Step{Width: wide(h), Height: h, FPS: fps, Encoder: "x264", Preset: preset, Rate: rate}
	}
	best := step(height, fps, "fast", 2.1*float64(fps))
	b := encoder.Budget{Best: best, Fits: true}
	if height != 1080 || fps != 60 {
		b.Steps = append(b.Steps, step(1080, 60, "veryfast", 2.1*float64(height*height*fps)/(1080*1080)))
	}
	b.Steps = append(b.Steps, best)
	return b
}

func TestPropose(t *testing.T) {
	service := func(id string) assets.Service {
		s, ok := assets.ServiceByID(id)
		if !ok {
			t.Fatal("no service ", id)
		}
		return s
	}
	line := func(kbps int) uplink.Result { return uplink.Result{Kbps: kbps, Lowest: kbps * 9 / 10} }
	weak := encoder.Budget{Best: encoder.Step{Width: 640, Height: 360, FPS: 30, Encoder: "x264", Preset: "ultrafast", Rate: 20}}
	weak.Steps = []encoder.Step{weak.Best}
	for _, c := range []struct {
		name              string
		line              uplink.Result
		machine           encoder.Budget
		service           assets.Service
		wishes            Wishes
		height, fps, kbps int
		says              string
	}{
		{"a good line and a strong machine", line(40_000), can(1080, 60), service("twitch"), Wishes{}, 1080, 60, 6000, "Twitch takes 6.0 Mbit/s at most."},
		{"the line allows less than the service", line(7_100), can(1080, 60), service("twitch"), Wishes{}, 1080, 60, 5100, "Your upload carries 7.1 Mbit/s."},
		{"a line for half the pictures", line(5_200), can(1080, 60), service("twitch"), Wishes{}, 1080, 30, 3700, "1080p at 30 fits"},
		{"somebody who plays", line(5_200), can(1080, 60), service("twitch"), Wishes{Motion: true}, 720, 60, 3700, "720p at 60 fits"},
		{"a machine for less", line(40_000), can(720, 60), service("twitch"), Wishes{}, 720, 60, 5000, "720p at 60 with ease; 1080p at 60 would be too much"},
		{"a machine for 720p at 30", line(40_000), can(720, 30), service("youtube"), Wishes{}, 720, 30, 3500, "720p at 30 with ease"},
		{"limits by size", line(40_000), can(1080, 60), service("facebook"), Wishes{}, 1080, 60, 8000, "Facebook Live takes 9.0 Mbit/s at most."},
		{"a service with little room at a size", line(40_000), can(540, 30), service("soop"), Wishes{}, 540, 30, 2000, "SOOP Global takes 2.0 Mbit/s at most."},
		{"a slow line", line(1_500), can(1080, 60), service("twitch"), Wishes{}, 480, 30, 900, "Your upload carries 1.5 Mbit/s."},
		{"a line for next to nothing", line(300), can(1080, 60), service("twitch"), Wishes{}, 360, 30, 150, "That is little"},
		{"an unsteady line", uplink.Result{Kbps: 8_000, Lowest: 2_000}, can(1080, 60), service("twitch"), Wishes{}, 720, 30, 1800, "for moments only 2.0"},
		{"a line that took all", uplink.Result{Kbps: 9_000, Lowest: 8_900, AtLeast: true}, can(1080, 60), service("twitch"), Wishes{}, 1080, 60, 6000, "at least 9.0"},
		{"nobody knows the line", uplink.Result{}, can(1080, 60), service("youtube"), Wishes{}, 720, 30, 2500, "not known"},
		{"nobody knows anything", uplink.Result{}, encoder.Budget{}, assets.Service{}, Wishes{}, 720, 30, 2500, "a good beginning"},
		{"a weak machine", line(20_000), weak, service("twitch"), Wishes{}, 360, 30, 900, "too slow even for 360p at 30"},
	} {
		p := Propose(c.line, c.machine, c.service, c.wishes, 160)
		if p.Height != c.height || p.FPS != c.fps || p.BitrateKbps != c.kbps {
			t.Errorf("%s: %+v", c.name, p.Setting)
		}
		if why := whole(p.Why); !strings.Contains(why, c.says) {
			t.Errorf("%s: it says %q", c.name, why)
		}
		set := DefaultSettings()
		for _, o := range p.Others {
			o.Use(&set.Video)
			if err := set.Validate(); err != nil {
				t.Errorf("%s: %+v: %v", c.name, o, err)
			}
			if limit := c.service.MaxVideoKbps(o.Height, o.FPS); limit > 0 && o.BitrateKbps > limit {
				t.Errorf("%s: %+v is more than the service takes", c.name, o)
			}
		}
		if len(p.Others) == 0 || p.Others[0] != p.Setting {
			t.Errorf("%s: the proposal is not among what fits: %+v", c.name, p.Others)
		}
	}
}

func whole(all []Sentence) string {
	var text []string
	for _, s := range all {
		text = append(text, s.String())
	}
	return strings.Join(text, " ")
}
