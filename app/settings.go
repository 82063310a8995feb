package app

import (
	"errors"
	"fmt"
	"time"
)

// Settings are what the user has chosen. Keys are not among them: see [Key].
type Settings struct {
	Version      int           `json:"version"`
	Video        VideoSettings `json:"video"`
	Audio        AudioSettings `json:"audio"`
	Destinations []Destination `json:"destinations"` // in the order shown; at least rehearsal is always possible
	Record       bool          `json:"record"`
	RecordDir    string        `json:"record_dir"` // empty: the user's Videos folder
	// A recording goes on in another file after so many minutes, or so many MiB; 0:
	// never.
	SplitMinutes int `json:"split_minutes,omitempty"`
	SplitMB      int `json:"split_mb,omitempty"`
	// ReplaySeconds is how much of the show can be saved after it happened; 0: nothing.
	ReplaySeconds int  `json:"replay_s,omitempty"`
	Adapt         bool `json:"adapt"` // lower the bitrate when the network cannot take it
}

// VideoSettings choose the picture.
type VideoSettings struct {
	Source      string        `json:"source"`         // as --video has it; empty: camera if there is one, else testcard
	Part        string        `json:"part,omitempty"` // the part of a screen that was chosen last, as Source has it
	Width       int           `json:"width"`
	Height      int           `json:"height"`
	FPS         int           `json:"fps"`
	BitrateKbps int           `json:"bitrate_kbps"`
	KeyInterval time.Duration `json:"key_interval_ns"`
	Encoder     string        `json:"encoder"`
	Preset      string        `json:"preset"`
	LowLatency  bool          `json:"low_latency"`
}

// AudioSettings choose the sound.
type AudioSettings struct {
	Source      string `json:"source"` // mic[:ID] | tone | file:PATH | none; empty: mic if there is one, else tone
	BitrateKbps int    `json:"bitrate_kbps"`
	Muted       bool   `json:"muted"`
}

// Destination is a place to stream to.
type Destination struct {
	ID      string `json:"id"`      // never changes; names the key in the keyring
	Name    string `json:"name"`    // for people: "Twitch", "Own server"
	Service string `json:"service"` // ID in the list of services; empty for an own server
	URL     string `json:"url"`     // rtmp:// or rtmps://, without the key
	Enabled bool   `json:"enabled"` // goes live with GO LIVE; when none is, GO LIVE rehearses
	// Backup is another server for the same key, tried in turn with URL after two
	// failed attempts; empty: none.
	Backup string `json:"backup,omitempty"`
	// Main makes the bitrate follow this destination's line; what the lines of
	// others cannot take is dropped for them alone. Of several the slowest counts.
	// When none is main, the first enabled one is.
	Main bool `json:"main,omitempty"`
}

// DefaultSettings are those of somebody who has set up nothing.
func DefaultSettings() Settings {
	return Settings{
		Version: settingsVersion,
		Video: VideoSettings{
			Width: 1280, Height: 720, FPS: 30, BitrateKbps: 2500,
			KeyInterval: 2 * time.Second, Encoder: "auto", Preset: "veryfast",
		},
		Audio: AudioSettings{BitrateKbps: 160},
		Adapt: true,
	}
}

// Validate reports everything that is out of range, each as one sentence.
func (s Settings) Validate() error {
	v, a := s.Video, s.Audio
	var errs []error
	within := func(what string, n, low, high int) {
		if n < low || n > high {
			errs = append(errs, fmt.Errorf("%s must be between %d and %d, not %d", what, low, high, n))
		}
	}
	within("width", v.Width, 128, 3840)
	within("height", v.Height, 96, 2160)
	if v.Width%2 != 0 || v.Height%2 != 0 {
		errs = append(errs, errors.New("width and height must be even"))
	}
	within("fps", v.FPS, 1, 120)
	within("video bitrate in kbit/s", v.BitrateKbps, 100, 50_000)
	within("audio bitrate in kbit/s", a.BitrateKbps, 32, 320)
	within("minutes in a part of a recording", s.SplitMinutes, 0, 24*60)
	within("MiB in a part of a recording", s.SplitMB, 0, 1<<20)
	if s.SplitMB > 0 && s.SplitMB < 10 {
		errs = append(errs, errors.New("a part of a recording must have at least 10 MiB"))
	}
	within("seconds of replay", s.ReplaySeconds, 0, 600)
	if v.KeyInterval < 250*time.Millisecond || v.KeyInterval > 10*time.Second {
		errs = append(errs, fmt.Errorf("key frame interval must be between 0.25 s and 10 s, not %v", v.KeyInterval))
	}
	return errors.Join(errs...)
}
