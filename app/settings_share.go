package app

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	neturl "net/url"
	"os"
	"slices"
	"strings"
	"unicode"

	"tally/app/words"
	"tally/rtmpout"
)

// shared is the file that settings are handed on in.
type shared struct {
	Tally    string   `json:"tally"` // what it is: sharedMark
	Settings Settings `json:"settings"`
}

const (
	sharedMark       = "settings"
	destinationsKept = 100
	nameMax          = 200 // characters of what a file calls something
)

// ExportSettings writes settings as one JSON file that holds no secret: stream keys
// are not in settings, and user, password and query of a URL stay behind.
func ExportSettings(w io.Writer, s Settings) error {
	s = s.kept()
	s.Destinations = slices.Clone(s.Destinations)
	for i := range s.Destinations {
		d := &s.Destinations[i]
		d.URL, d.Backup = withoutSecrets(d.URL), withoutSecrets(d.Backup)
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	if err := out.Encode(shared{sharedMark, s}); err != nil {
		return fmt.Errorf("app: export settings: %w", err)
	}
	return nil
}

// withoutSecrets is a server's address; empty when it cannot be read.
func withoutSecrets(address string) string {
	u, err := neturl.Parse(address)
	if err != nil {
		return ""
	}
	u.User, u.RawQuery, u.Fragment = nil, "", ""
	return u.String()
}

// ImportSettings reads such a file, which may come from anybody, over the settings
// in use. Profiles and destinations of both are there afterwards. What is wrong is
// an [InvalidError].
func ImportSettings(r io.Reader, now Settings) (Settings, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return now, fmt.Errorf("app: import settings: %w", err)
	}
	if len(data) > maxFile {
		return now, &InvalidError{"The file is too large to be one of settings."}
	}
	in := shared{Settings: DefaultSettings()}
	if err := json.NewDecoder(bytes.NewReader(data)).Decode(&in); err != nil || in.Tally != sharedMark {
		return now, &InvalidError{"This is no file of settings from Tally."}
	}
	s := in.Settings
	if s.Version > settingsVersion {
		return now, &InvalidError{"The file is from a newer Tally. Update Tally and try again."}
	}
	s.Version = settingsVersion
	if len(s.Destinations) > destinationsKept {
		return now, &InvalidError{words.Say("There are more than %d destinations in the file.", destinationsKept)}
	}
	if err := s.adopt(now); err != nil {
		return now, err
	}
	s.Audio.Muted = now.Audio.Muted
	return s, s.Validate()
}

// adopt makes what a file brings fit what is there.
func (s *Settings) adopt(now Settings) error {
	ids := map[string]string{} // in the file → here
	var all []Destination
	for _, d := range s.Destinations {
		if _, twice := ids[d.ID]; d.ID == "" || twice {
			return &InvalidError{"The file is damaged: two of its destinations cannot be told apart."}
		}
		if !plainName(d.ID) || !plainName(d.Name) || !plainName(d.Service) {
			return &InvalidError{"The file is damaged: a destination has no proper name."}
		}
		for _, address := range []*string{&d.URL, &d.Backup} {
			clean := withoutSecrets(*address)
			if _, err := rtmpout.ParseServer(clean); err != nil && *address != "" {
				return &InvalidError{words.Say("The server address of “%s” cannot be used.", d.Name)}
			}
			*address = clean
		}
		if d.URL == "" {
			return &InvalidError{words.Say("The server address of “%s” cannot be used.", d.Name)}
		}
		old := d.ID
		d.ID, d.CA = now.idFor(d)
		ids[old] = d.ID
		all = append(all, d)
	}
	for _, d := range now.Destinations {
		if !slices.ContainsFunc(all, func(o Destination) bool { return o.ID == d.ID }) {
			d.Enabled = false
			all = append(all, d)
		}
	}
	s.Destinations = all
	for i := range s.Profiles {
		p := &s.Profiles[i]
		for j, id := range p.Enabled {
			p.Enabled[j] = ids[id]
		}
		p.Video.Source, p.Audio.Source = usable(p.Video.Source), usable(p.Audio.Source)
		p.RecordDir = folderHere(p.RecordDir)
	}
	for _, p := range now.kept().Profiles {
		if s.profileIndex(p.Name) < 0 {
			s.Profiles = append(s.Profiles, p)
		}
	}
	s.Video.Source, s.Audio.Source = usable(s.Video.Source), usable(s.Audio.Source)
	s.RecordDir = folderHere(s.RecordDir)
	if s.profileIndex(s.Profile) < 0 {
		s.Profile = ""
	}
	return nil
}

// idFor is the ID of a destination that a file brings, and whom it trusts. An ID
// names a key in the keyring: only the same server may have the one that is there,
// or a file could send somebody's key elsewhere.
func (s Settings) idFor(d Destination) (id, authority string) {
	for _, own := range s.Destinations {
		if own.ID == d.ID && withoutSecrets(own.URL) == d.URL && withoutSecrets(own.Backup) == d.Backup && own.CA == d.CA {
			return own.ID, d.CA
		}
	}
	return strings.ToLower(rand.Text())[:12], ""
}

func plainName(s string) bool {
	return len(s) <= nameMax && !strings.ContainsFunc(s, unicode.IsControl)
}

// usable is a source that another machine has chosen; none when it is a file that
// is not here.
func usable(source string) string {
	if path, ok := strings.CutPrefix(source, "file:"); ok {
		if f, err := os.Stat(path); err != nil || !f.Mode().IsRegular() {
			return ""
		}
	}
	return source
}

// folderHere is a folder that another machine has chosen, if it is here too.
func folderHere(dir string) string {
	if f, err := os.Stat(dir); dir != "" && (err != nil || !f.IsDir()) {
		return ""
	}
	return dir
}
