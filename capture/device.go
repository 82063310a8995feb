package capture

import "errors"

// Why a source could not be opened, or stopped. Sources wrap these, so that
// errors.Is finds them whatever the operating system said.
var (
	ErrNotFound   = errors.New("no such device")
	ErrBusy       = errors.New("device is in use by another program")
	ErrDenied     = errors.New("no permission to use the device")
	ErrGone       = errors.New("device was unplugged")
	ErrStalled    = errors.New("device delivers nothing")
	ErrNoFormat   = errors.New("device offers no usable format")
	ErrNoBackend  = errors.New("this machine has no such service") // no display, no sound server
	ErrUnreadable = errors.New("file cannot be played")
)

// Kind is what a device captures.
type Kind string

const (
	KindCamera     Kind = "camera"
	KindMicrophone Kind = "mic"
	KindScreen     Kind = "screen"
	KindWindow     Kind = "window" // of another program
)

// Device is something that the machine has to capture from.
type Device struct {
	Kind    Kind     `json:"kind"`
	ID      string   `json:"id"`   // what follows the colon in --video camera:ID; stable across restarts
	Name    string   `json:"name"` // for people
	Default bool     `json:"default"`
	Desktop bool     `json:"desktop,omitempty"` // a microphone that hears what this computer plays
	Formats []Format `json:"formats"`
}

// Format is one way in which a device can deliver. The fields of the other kind
// are zero.
type Format struct {
	Pixel    string  `json:"pixel,omitempty"` // "YUYV", "MJPEG", …
	Width    int     `json:"width,omitempty"`
	Height   int     `json:"height,omitempty"`
	FPS      float64 `json:"fps,omitempty"`
	Rate     int     `json:"rate_hz,omitempty"`
	Channels int     `json:"channels,omitempty"`
}
