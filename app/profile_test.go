package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func twoDestinations() Settings {
	s := DefaultSettings()
	s.Destinations = []Destination{
		{ID: "t", Name: "Twitch", Service: "twitch", URL: "rtmps://live.example.com:443/app", Enabled: true},
		{ID: "o", Name: "Own", URL: "rtmp://own.example.com/live", Backup: "rtmp://backup.example.com/live"},
	}
	return s
}

// A profile follows what is changed while it is in use, and comes back as it was.
func TestProfiles(t *testing.T) {
	s, err := twoDestinations().NewProfile(" Talk ")
	if err != nil || s.Profile != "Talk" {
		t.Fatalf("%q: %v", s.Profile, err)
	}
	s.Video.Width, s.Video.Height = 1920, 1080
	if s, err = s.NewProfile("Games"); err != nil {
		t.Fatal(err)
	}
	s.Video.FPS, s.Destinations[0].Enabled, s.Destinations[1].Enabled = 60, false, true
	s.Audio.Muted = true
	talk := s.UseProfile("Talk")
	if talk.Video.FPS != 30 || talk.Video.Width != 1920 || !talk.Destinations[0].Enabled || talk.Destinations[1].Enabled || talk.Profile != "Talk" {
		t.Errorf("talk is %+v", talk)
	}
	if !talk.Audio.Muted {
		t.Error("changing the profile has switched the microphone on")
	}
	games := talk.UseProfile("Games")
	if games.Video.FPS != 60 || games.Destinations[0].Enabled || !games.Destinations[1].Enabled {
		t.Errorf("games is %+v", games)
	}
	for _, name := range []string{"", "Games", strings.Repeat("x", 61), "a\nb"} {
		if _, err := games.NewProfile(name); err == nil {
			t.Errorf("a profile may be called %q", name)
		}
	}
	renamed, err := games.RenameProfile("Shooters")
	if err != nil || renamed.Profile != "Shooters" || len(renamed.Profiles) != 2 || games.Profiles[1].Name != "Games" {
		t.Errorf("renamed: %+v, %v", renamed.Profiles, err)
	}
	if dropped := renamed.DropProfile(); len(dropped.Profiles) != 1 || dropped.Profile != "" || dropped.Video.FPS != 60 {
		t.Errorf("dropped: %+v", dropped)
	}
	if same := games.UseProfile("nobody"); same.Video != games.Video {
		t.Error("a profile that is not there changes something")
	}
}

func TestProfilesAreValidated(t *testing.T) {
	s, _ := twoDestinations().NewProfile("Talk")
	s.Profiles[0].Video.FPS = 9000
	if s.Validate() == nil {
		t.Error("a profile of 9000 fps is taken")
	}
	s.Profiles = make([]Profile, profilesKept+1)
	if s.Validate() == nil {
		t.Error("any number of profiles is taken")
	}
}

const password = "s3cret"

// TestExportHasNoSecrets: what is handed on can be imported again, and has no
// password in it, wherever one was.
func TestExportHasNoSecrets(t *testing.T) {
	s := twoDestinations()
	s.Destinations[0].URL = "rtmps://me:" + password + "@live.example.com:443/app?auth=" + password
	s.Destinations[1].Backup = "rtmp://me:" + password + "@backup.example.com/live"
	s, _ = s.NewProfile("Talk")
	var file bytes.Buffer
	if err := ExportSettings(&file, s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(file.String(), password) {
		t.Errorf("the password is in the file:\n%s", file.String())
	}
	got, err := ImportSettings(&file, DefaultSettings())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Destinations) != 2 || got.Destinations[0].URL != "rtmps://live.example.com:443/app" || got.Profile != "Talk" || got.Profiles[0].Enabled[0] != got.Destinations[0].ID {
		t.Errorf("imported %+v", got)
	}
	if got.Destinations[0].ID == "t" {
		t.Error("an imported destination brings its own name of a key")
	}
}

// A file from somebody else must not send a key that is stored to another server.
func TestImportCannotTakeKeys(t *testing.T) {
	now := twoDestinations()
	evil := twoDestinations()
	evil.Destinations[0].URL = "rtmps://evil.example.com:443/app"
	evil.Destinations[1].Backup = "rtmp://evil.example.com/live"
	got, err := ImportSettings(fileOf(t, evil), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range got.Destinations {
		if strings.Contains(d.URL+d.Backup, "evil") && (d.ID == "t" || d.ID == "o") {
			t.Errorf("%s would get the key of %s", d.URL, d.ID)
		}
	}
	if len(got.Destinations) != 4 || got.Destinations[2].ID != "t" || got.Destinations[2].Enabled {
		t.Errorf("imported %+v", got.Destinations)
	}
	again, err := ImportSettings(fileOf(t, now), now)
	if err != nil || len(again.Destinations) != 2 || again.Destinations[0].ID != "t" {
		t.Errorf("one's own file: %+v, %v", again.Destinations, err)
	}
}

func fileOf(t *testing.T, s Settings) *bytes.Buffer {
	t.Helper()
	var file bytes.Buffer
	if err := ExportSettings(&file, s); err != nil {
		t.Fatal(err)
	}
	return &file
}

func TestImportRefuses(t *testing.T) {
	now := twoDestinations()
	change := func(f func(*Settings)) string {
		s := twoDestinations()
		f(&s)
		data, _ := json.Marshal(shared{sharedMark, s})
		return string(data)
	}
	for name, file := range map[string]string{
		"nothing":        "",
		"no settings":    `{"a":1}`,
		"another format": `[1,2]`,
		"too large":      strings.Repeat(" ", maxFile+1),
		"newer":          `{"tally":"settings","settings":{"version":99}}`,
		"no address":     change(func(s *Settings) { s.Destinations[0].URL = "" }),
		"a web page":     change(func(s *Settings) { s.Destinations[0].URL = "https://example.com" }),
		"same IDs":       change(func(s *Settings) { s.Destinations[1].ID = "t" }),
		"a bad name":     change(func(s *Settings) { s.Destinations[0].Name = "a\x1b[2J" }),
		"out of range":   change(func(s *Settings) { s.Video.FPS = -1 }),
	} {
		got, err := ImportSettings(strings.NewReader(file), now)
		if err == nil {
			t.Errorf("%s: taken: %+v", name, got)
		}
	}
	elsewhere := change(func(s *Settings) { s.Video.Source, s.RecordDir = "file:/no/such/file.mp4", "/no/such/folder" })
	if got, err := ImportSettings(strings.NewReader(elsewhere), now); err != nil || got.Video.Source != "" || got.RecordDir != "" {
		t.Errorf("files of another machine: %+v, %v", got, err)
	}
}

func FuzzImportSettings(f *testing.F) {
	f.Add([]byte(`{"tally":"settings","settings":{"version":1,"destinations":[{"id":"a","name":"b","url":"rtmp://c/d"}],"profiles":[{"name":"p","enabled":["a","b"]}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := ImportSettings(bytes.NewReader(data), twoDestinations())
		if err == nil && s.Validate() != nil {
			t.Error("what was imported is not valid")
		}
	})
}
