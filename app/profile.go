package app

import (
	"slices"
	"strings"
	"unicode"

	"tally/app/words"
)

// Profile is a set of settings with a name: for one kind of show, picture, sound,
// recording and which destinations get it. The one in use follows what is changed
// in the settings; whether the sound is muted belongs to none.
type Profile struct {
	Name          string        `json:"name"`
	Video         VideoSettings `json:"video"`
	Audio         AudioSettings `json:"audio"`
	Enabled       []string      `json:"enabled"` // IDs of destinations
	Record        bool          `json:"record"`
	RecordDir     string        `json:"record_dir"`
	SplitMinutes  int           `json:"split_minutes,omitempty"`
	SplitMB       int           `json:"split_mb,omitempty"`
	ReplaySeconds int           `json:"replay_s,omitempty"`
	Adapt         bool          `json:"adapt"`
}

const (
	profilesKept   = 50
	profileNameMax = 60 // runes
)

// profile is what of the settings belongs to one.
func (s Settings) profile(name string) Profile {
	p := Profile{
		Name: name, Video: s.Video, Audio: s.Audio, Record: s.Record, RecordDir: s.RecordDir, SplitMinutes: s.SplitMinutes,
		SplitMB: s.SplitMB, ReplaySeconds: s.ReplaySeconds, Adapt: s.Adapt, Enabled: []string{},
	}
	p.Audio.Muted = false
	for _, d := range s.Destinations {
		if d.Enabled {
			p.Enabled = append(p.Enabled, d.ID)
		}
	}
	return p
}

// with takes over what a profile holds.
func (s Settings) with(p Profile) Settings {
	muted := s.Audio.Muted
	s.Video, s.Audio, s.Record, s.RecordDir, s.Adapt = p.Video, p.Audio, p.Record, p.RecordDir, p.Adapt
	s.SplitMinutes, s.SplitMB, s.ReplaySeconds = p.SplitMinutes, p.SplitMB, p.ReplaySeconds
	s.Audio.Muted = muted
	s.Destinations = slices.Clone(s.Destinations)
	for i := range s.Destinations {
		s.Destinations[i].Enabled = slices.Contains(p.Enabled, s.Destinations[i].ID)
	}
	s.Profile = p.Name
	return s
}

// kept writes the settings into the profile in use.
func (s Settings) kept() Settings {
	if i := s.profileIndex(s.Profile); i >= 0 {
		s.Profiles = slices.Clone(s.Profiles)
		s.Profiles[i] = s.profile(s.Profile)
	}
	return s
}

func (s Settings) profileIndex(name string) int {
	return slices.IndexFunc(s.Profiles, func(p Profile) bool { return p.Name == name })
}

// UseProfile changes to another profile. The one in use keeps what was changed.
func (s Settings) UseProfile(name string) Settings {
	s = s.kept()
	if i := s.profileIndex(name); i >= 0 {
		s = s.with(s.Profiles[i])
	}
	return s
}

// NewProfile makes a profile of the settings, and that the one in use.
func (s Settings) NewProfile(name string) (Settings, error) {
	name = strings.TrimSpace(name)
	if err := s.checkProfileName(name); err != nil {
		return s, err
	}
	s = s.kept()
	s.Profiles = append(slices.Clone(s.Profiles), s.profile(name))
	s.Profile = name
	return s, s.Validate()
}

// RenameProfile gives the profile in use another name.
func (s Settings) RenameProfile(name string) (Settings, error) {
	name = strings.TrimSpace(name)
	if name == s.Profile {
		return s, nil
	}
	if err := s.checkProfileName(name); err != nil {
		return s, err
	}
	if i := s.profileIndex(s.Profile); i >= 0 {
		s.Profiles = slices.Clone(s.Profiles)
		s.Profiles[i].Name, s.Profile = name, name
	}
	return s, nil
}

// DropProfile forgets the profile in use; the settings stay as they are.
func (s Settings) DropProfile() Settings {
	s.Profiles = slices.DeleteFunc(slices.Clone(s.Profiles), func(p Profile) bool { return p.Name == s.Profile })
	s.Profile = ""
	return s
}

func (s Settings) checkProfileName(name string) error {
	switch {
	case name == "":
		return &InvalidError{"A profile needs a name."}
	case len([]rune(name)) > profileNameMax || strings.ContainsFunc(name, unicode.IsControl):
		return &InvalidError{words.Say("The name of a profile has at most %d characters, on one line.", profileNameMax)}
	case s.profileIndex(name) >= 0:
		return &InvalidError{words.Say("There is a profile called “%s” already.", name)}
	}
	return nil
}

// validateProfiles is Validate for profiles: they may come from somebody else.
func (s Settings) validateProfiles() (errs []error) {
	if len(s.Profiles) > profilesKept {
		return []error{&InvalidError{words.Say("There are more than %d profiles.", profilesKept)}}
	}
	seen := Settings{}
	for _, p := range s.Profiles {
		if err := seen.checkProfileName(p.Name); err != nil {
			errs = append(errs, err)
		}
		seen.Profiles = append(seen.Profiles, p)
		own := s.with(p)
		own.Profiles = nil
		if err := own.Validate(); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}
