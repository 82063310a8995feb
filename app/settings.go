package app

import (
	"errors"
	"maps"
	"slices"
	"time"

	"tally/app/words"
	"tally/capture"
	"tally/encoder"
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
	// Sources are what was set for single sources, by their names as in "camera:ID".
	Sources map[string]SourceSettings `json:"sources,omitempty"`
	// Profile is the name of the one of Profiles that is in use; empty: none.
	Profile  string    `json:"profile,omitempty"`
	Profiles []Profile `json:"profiles,omitempty"`
}

// SourceSettings are what the user has set for one camera, microphone or file.
type SourceSettings struct {
	// OffsetMs is how much later its sound is heard than it was captured, or if
	// negative earlier.
	OffsetMs int `json:"offset_ms,omitempty"`
	// Format is one of a camera's own; zero: the one that serves the show best.
	Format capture.Format `json:"format,omitzero"`
	// Controls are a camera's, by their [camera.Control.ID]; what is not in it is as
	// the camera's maker made it.
	Controls map[uint32]int32 `json:"controls,omitempty"`
	Loop     bool             `json:"loop,omitempty"` // a file begins anew at its end
}

// The sync offset's range, in ms.
const (
	OffsetLeast = -500
	OffsetMost  = 2000
)

// Of is what was set for a source.
func (s Settings) Of(source string) SourceSettings { return s.Sources[source] }

// SetOf changes what is set for a source. Settings that share the map with s stay
// as they are.
func (s *Settings) SetOf(source string, change func(*SourceSettings)) {
	all := maps.Clone(s.Sources)
	if all == nil {
		all = map[string]SourceSettings{}
	}
	one := all[source]
	one.Controls = maps.Clone(one.Controls)
	change(&one)
	if all[source] = one; one.OffsetMs == 0 && one.Format == (capture.Format{}) && len(one.Controls) == 0 && !one.Loop {
		delete(all, source)
	}
	s.Sources = all
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
	Codec       string        `json:"codec,omitempty"` // h264 | hevc | av1; empty: h264
	Encoder     string        `json:"encoder"`
	Preset      string        `json:"preset"`
	LowLatency  bool          `json:"low_latency"`
	KeepUp      bool          `json:"keep_up"` // lower the preset, and in the end the pace, when this machine cannot encode in time
}

// AudioSettings choose the sound.
type AudioSettings struct {
	Source      string `json:"source"`          // mic[:ID] | tone | file:PATH | none; empty: mic if there is one, else tone
	Codec       string `json:"codec,omitempty"` // aac | opus; empty: aac
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
	// Enhanced says that the server takes HEVC, AV1 and Opus although it does not
	// declare that.
	Enhanced bool `json:"enhanced,omitempty"`
	// CA is the path of a PEM file with the certificate authority of an own server,
	// trusted for this destination beside those of the system; empty: none.
	CA string `json:"ca,omitempty"`
	// Main makes the bitrate follow this destination's line; what the lines of
	// others cannot take is dropped for them alone. Of several the slowest counts.
	// When none is main, the first enabled one is.
	Main bool `json:"main,omitempty"`
	// UsedAt is when it was last gone live to.
	UsedAt time.Time `json:"used_at,omitzero"`
}

// Used notes that a show goes to the destinations that are enabled.
func (s *Settings) Used(now time.Time) {
	for i := range s.Destinations {
		if s.Destinations[i].Enabled {
			s.Destinations[i].UsedAt = now
		}
	}
}

// Recent lists the destinations, the one that was used last first.
func (s Settings) Recent() []Destination {
	all := slices.Clone(s.Destinations)
	slices.SortStableFunc(all, func(a, b Destination) int { return b.UsedAt.Compare(a.UsedAt) })
	return all
}

// DefaultSettings are those of somebody who has set up nothing.
func DefaultSettings() Settings {
	return Settings{
		Version: settingsVersion,
		Video: VideoSettings{
			Width: 1280, Height: 720, FPS: 30, BitrateKbps: 2500,
			KeyInterval: 2 * time.Second, Encoder: "auto", Preset: "veryfast", KeepUp: true,
		},
		Audio: AudioSettings{BitrateKbps: 160},
		Adapt: true,
	}
}

// InvalidError is one thing in the settings that is out of range.
type InvalidError struct{ What Sentence }

func (e *InvalidError) Error() string { return e.What.String() }

// Validate reports everything that is out of range, joined, each as an
// [InvalidError].
func (s Settings) Validate() error {
	v, a := s.Video, s.Audio
	var errs []error
	bad := func(what Sentence) { errs = append(errs, &InvalidError{what}) }
	within := func(what Sentence, n, low, high int) {
		if n < low || n > high {
			bad(words.Say(string(what), low, high, n))
		}
	}
	within("The width must be between %d and %d, not %d.", v.Width, 128, 3840)
	within("The height must be between %d and %d, not %d.", v.Height, 96, 2160)
	if v.Width%2 != 0 || v.Height%2 != 0 {
		bad("Width and height must be even.")
	}
	within("The frames per second must be between %d and %d, not %d.", v.FPS, 1, 120)
	within("The picture bitrate must be between %d and %d kbit/s, not %d.", v.BitrateKbps, 100, 50_000)
	within("The sound bitrate must be between %d and %d kbit/s, not %d.", a.BitrateKbps, 32, 320)
	within("The minutes in a part of a recording must be between %d and %d, not %d.", s.SplitMinutes, 0, 24*60)
	within("The MiB in a part of a recording must be between %d and %d, not %d.", s.SplitMB, 0, 1<<20)
	if s.SplitMB > 0 && s.SplitMB < 10 {
		bad("A part of a recording must have at least 10 MiB.")
	}
	within("The seconds of replay must be between %d and %d, not %d.", s.ReplaySeconds, 0, 600)
	for _, one := range s.Sources {
		within("The shift of a sound must be between %d and %d ms, not %d.", one.OffsetMs, OffsetLeast, OffsetMost)
	}
	if v.KeyInterval < 250*time.Millisecond || v.KeyInterval > 10*time.Second {
		bad(words.Say("The key frame interval must be between %.2f s and %.0f s, not %.2f s.", 0.25, 10.0, v.KeyInterval.Seconds()))
	}
	if c := encoder.Codec(v.Codec); c != "" && !slices.Contains(encoder.VideoCodecs(), c) {
		bad(words.Say("The picture's codec must be h264, hevc or av1, not %s.", v.Codec))
	}
	if c := encoder.Codec(a.Codec); c != "" && !slices.Contains(encoder.AudioCodecs(), c) {
		bad(words.Say("The sound's codec must be aac or opus, not %s.", a.Codec))
	}
	return errors.Join(append(errs, s.validateProfiles()...)...)
}
