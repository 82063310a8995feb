package assets

import (
	"bytes"
	"encoding/json"
	"image/png"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestServicesFile reads the file strictly: a misspelled field would otherwise
// be a limit that silently does not hold.
func TestServicesFile(t *testing.T) {
	var list struct {
		Read     string    `json:"read"`
		Source   string    `json:"source"`
		Services []Service `json:"services"`
	}
	d := json.NewDecoder(bytes.NewReader(servicesJSON))
	d.DisallowUnknownFields()
	if err := d.Decode(&list); err != nil {
		t.Fatal(err)
	}
	if _, err := time.Parse(time.DateOnly, list.Read); err != nil {
		t.Errorf("when was the list read? %v", err)
	}
	if list.Source == "" {
		t.Error("the list does not say where it is from")
	}
}

func TestEachService(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range Services() {
		t.Run(s.ID, func(t *testing.T) {
			if s.ID == "" || s.Name == "" || s.Source == "" || seen[s.ID] || s.ID != strings.ToLower(s.ID) {
				t.Errorf("wants an ID of its own, a name and a source: %+v", s)
			}
			seen[s.ID] = true
			if u, err := url.Parse(s.KeyPage); err != nil || u.Scheme != "https" || u.Host == "" {
				t.Errorf("key page %q is no https address", s.KeyPage)
			}
			if s.KeyframeSeconds < 1 || s.KeyframeSeconds > 4 {
				t.Errorf("key frame every %d s", s.KeyframeSeconds)
			}
			if len(s.VideoCodecs) > 0 && s.VideoCodecs[0] != "h264" {
				t.Errorf("codecs %q: H.264 works everywhere, and is the first", s.VideoCodecs)
			}
			for _, c := range s.VideoCodecs {
				if c != "h264" && c != "hevc" && c != "av1" {
					t.Errorf("%q is no codec that the settings know", c)
				}
			}
			if len(s.Servers) == 0 {
				t.Fatal("no server")
			}
			plain := false
			for _, server := range s.Servers {
				u, err := url.Parse(server.URL)
				if err != nil || u.Host == "" || (u.Scheme != "rtmp" && u.Scheme != "rtmps") {
					t.Errorf("%q is no address to publish to", server.URL)
					continue
				}
				if strings.Trim(u.Path, "/") == "" || strings.HasSuffix(u.Path, "/") || u.RawQuery != "" {
					t.Errorf("%q should end with the application's name", server.URL)
				}
				if server.Encrypted() && plain {
					t.Errorf("%q comes after an address that is not encrypted", server.URL)
				}
				plain = plain || !server.Encrypted()
			}
			last := Limit{}
			for _, l := range s.Limits {
				if l.Height < last.Height || (l.Height == last.Height && l.FPS <= last.FPS) || l.VideoMaxKbps < last.VideoMaxKbps {
					t.Errorf("limits out of order: %+v after %+v", l, last)
				}
				last = l
			}
			if len(s.Limits) > 0 && last.VideoMaxKbps != s.VideoMaxKbps {
				t.Errorf("the largest size allows %d kbit/s, the service %d", last.VideoMaxKbps, s.VideoMaxKbps)
			}
		})
	}
}

func TestMaxVideoKbps(t *testing.T) {
	facebook, ok := ServiceByID("facebook")
	if !ok {
		t.Fatal("no Facebook")
	}
	for _, c := range []struct{ height, fps, want int }{
		{360, 30, 1000},
		{240, 25, 1000},
		{360, 50, 1500},
		{540, 30, 4000},
		{720, 30, 4000},
		{1080, 60, 9000},
		{2160, 60, 9000},
	} {
		if got := facebook.MaxVideoKbps(c.height, c.fps); got != c.want {
			t.Errorf("%dp%d: %d kbit/s, want %d", c.height, c.fps, got, c.want)
		}
	}
	if kick, _ := ServiceByID("kick"); kick.MaxVideoKbps(1080, 60) != 0 {
		t.Error("Kick states no limit, and none is to be made up")
	}
	if _, ok := ServiceByID("nobody"); ok {
		t.Error("found a service that is not in the list")
	}
}

func TestIcon(t *testing.T) {
	c, err := png.DecodeConfig(bytes.NewReader(Icon))
	if err != nil {
		t.Fatal(err)
	}
	if c.Width != 512 || c.Height != 512 {
		t.Errorf("the icon is %d × %d", c.Width, c.Height)
	}
}

// Only what is known is a refusal: a service that says nothing refuses nothing.
func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		id, codec string
		want      bool
	}{
		{"twitch", "h264", false},
		{"twitch", "hevc", true},
		{"twitch", "av1", true},
		{"youtube", "h264", false},
		{"youtube", "hevc", false},
		{"youtube", "av1", false},
		{"facebook", "hevc", false},
	} {
		s, ok := ServiceByID(c.id)
		if got := s.Refuses(c.codec); !ok || got != c.want {
			t.Errorf("%s refuses %s: %v, want %v", c.id, c.codec, got, c.want)
		}
	}
}
