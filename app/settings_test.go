package app

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestSettingsSurviveARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new folder", "settings.json")
	want := DefaultSettings()
	want.Video.Source, want.Video.FPS, want.Audio.Muted = "screen:1", 60, true
	want.Destinations = []Destination{{ID: "d1", Name: "Own server", URL: "rtmp://example.com/live", Enabled: true}}
	if err := SaveSettings(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := LoadSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// Every version ever shipped, whole or incomplete, must load.
func TestSettingsOfOldVersionsLoad(t *testing.T) {
	files, err := filepath.Glob("testdata/settings/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no old settings: %v", err)
	}
	for _, f := range files {
		s, err := LoadSettings(f)
		if err != nil {
			t.Errorf("%s: %v", f, err)
		}
		if s.Version != settingsVersion || s.Video.Width == 0 || s.Audio.BitrateKbps == 0 {
			t.Errorf("%s: defaults are missing: %+v", f, s)
		}
	}
}

func TestBadSettingsFilesGiveDefaultsAndSayWhy(t *testing.T) {
	for name, content := range map[string]string{
		"damaged":     `{"video": {"width": 12`,
		"impossible":  `{"video": {"width": -5}}`,
		"odd":         `{"video": {"width": 1281}}`,
		"newer":       `{"version": 999}`,
		"wrong type":  `[]`,
		"huge":        `{"x":"` + strings.Repeat("y", maxFile) + `"}`,
		"not text":    "\x00\xff\xfe",
		"key expired": `{"video": {"key_interval_ns": 1}}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "settings.json")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := LoadSettings(path)
			if err == nil {
				t.Error("no error")
			}
			if !reflect.DeepEqual(s, DefaultSettings()) {
				t.Errorf("not the defaults: %+v", s)
			}
		})
	}
	if s, err := LoadSettings(filepath.Join(t.TempDir(), "none.json")); err != nil || !reflect.DeepEqual(s, DefaultSettings()) {
		t.Errorf("a first start: %v, %+v", err, s)
	}
}

func TestSourceForms(t *testing.T) {
	for _, good := range []string{"", "camera", "camera:usb-0:1", "screen", "screen:2", "screen:0@800x600+10+20", "screen:@800x600+10+20", "window:Firefox", "window:XTerm/a: b", "testcard", "file:a b.mp4", "none"} {
		if err := CheckVideoSource(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"webcam", "screen:x", "screen:0@800x600", "screen:0@1x1+0+0", "window", "window:", "testcard:1", "file", "file:", "none:x", "mic"} {
		if CheckVideoSource(bad) == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
	if CheckAudioSource("mic:x") != nil || CheckAudioSource("tone") != nil || CheckAudioSource("camera") == nil {
		t.Error("sound sources")
	}
}
