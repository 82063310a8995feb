package assets

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"
)

// Service is a place to stream to, and what it asks of a stream. Limits that
// the service does not state are 0.
type Service struct {
	ID      string   `json:"id"`   // never changes: settings refer to it
	Name    string   `json:"name"` // for people
	Servers []Server `json:"servers"`
	KeyPage string   `json:"key_page"` // the web page that shows the stream key

	KeyframeSeconds int     `json:"keyframe_s"`     // at most, from one key frame to the next
	VideoMaxKbps    int     `json:"video_max_kbps"` // at any size; see MaxVideoKbps
	AudioMaxKbps    int     `json:"audio_max_kbps"`
	MaxFPS          int     `json:"fps_max"`
	NoBFrames       bool    `json:"no_b_frames"` // it cannot play streams that have some
	Limits          []Limit `json:"limits"`      // by size, smallest first; often none

	// VideoCodecs are those that it takes over RTMP, named as the settings name them.
	// Empty where nobody says for sure: that is no refusal.
	VideoCodecs []string `json:"video_codecs"`

	TestQuery string `json:"test_query"` // after the key, it makes a stream that nobody sees; "" where there is no such thing
	Note      string `json:"note"`       // one sentence that a streamer should read
	Source    string `json:"source"`     // who says all this
}

// Server is one address of a service. Encrypted ones come first.
type Server struct {
	Name string `json:"name"`
	URL  string `json:"url"` // rtmp:// or rtmps://, without the key
}

// Limit is the most video that a service takes at one size and rate.
type Limit struct {
	Height       int `json:"height"` // pixels
	FPS          int `json:"fps"`
	VideoMaxKbps int `json:"video_max_kbps"`
}

//go:embed services.json
var servicesJSON []byte

// Services is the list that Tally brings along, in the order in which to show
// it. The caller does not change it.
var Services = sync.OnceValue(func() []Service {
	var list struct {
		Services []Service `json:"services"`
	}
	// The file is compiled in, and a test reads it: it cannot fail for a user.
	if err := json.Unmarshal(servicesJSON, &list); err != nil {
		panic("assets: services.json: " + err.Error())
	}
	return list.Services
})

// ServiceByID finds a service by its ID.
func ServiceByID(id string) (Service, bool) {
	for _, s := range Services() {
		if s.ID == id {
			return s, true
		}
	}
	return Service{}, false
}

// KeyInterval is the longest time between two key frames that the service
// takes; 0 if it does not say.
func (s Service) KeyInterval() time.Duration {
	return time.Duration(s.KeyframeSeconds) * time.Second
}

// MaxVideoKbps is the most video that the service takes at this size and rate,
// in kbit/s; 0 if it does not say. Between two sizes the larger one's limit
// holds.
func (s Service) MaxVideoKbps(height, fps int) int {
	for _, l := range s.Limits {
		if height <= l.Height && fps <= l.FPS {
			return l.VideoMaxKbps
		}
	}
	return s.VideoMaxKbps
}

// Refuses says that the service is known not to take this video codec over RTMP.
func (s Service) Refuses(codec string) bool {
	return len(s.VideoCodecs) > 0 && !slices.Contains(s.VideoCodecs, codec)
}

// Encrypted says whether nobody on the way can read the key and the stream.
func (s Server) Encrypted() bool { return strings.HasPrefix(s.URL, "rtmps://") }
