package rtmpout

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"time"
)

// VideoTrack describes one encoded picture.
type VideoTrack struct {
	Codec  Codec  // H264 when empty
	Config []byte // decoder configuration record: avcC, hvcC, vvcC, av1C or vpcC (VP8, VP9); nil if it follows by SetVideoConfig

	// For onMetaData; zero leaves a field out.
	Width, Height int     // pixels
	FPS           float64 // frames per second
	Bitrate       int     // bit/s

	Color *ColorInfo // HDR; sent to servers for codecs in the enhanced form
}

// AudioTrack describes one encoded sound.
type AudioTrack struct {
	Codec  Codec  // AAC when empty
	Config []byte // AudioSpecificConfig, OpusHead (RFC 7845) or FLAC's STREAMINFO; AC-3, E-AC-3 and MP3 have none

	// For onMetaData; zero leaves a field out.
	Rate     int // Hz
	Channels int
	Bitrate  int // bit/s

	Layout *ChannelLayout // more than stereo; enhanced form only
}

// Capabilities are what an Enhanced RTMP server declares in its answer to connect
// (capsEx), and what Options can force.
type Capabilities uint8

const (
	CanReconnect     Capabilities = 1 << iota // understands Reconnect Request
	CanMultitrack                             // more than one track of a kind
	CanModEx                                  // modifiers in front of a packet
	CanNanoTimestamp                          // ModEx with nanoseconds
	CanEnhanced                               // any sign of Enhanced RTMP in the answer
)

// Options say what is published and how. The zero value publishes nothing, with
// good defaults: set Video, Audio or both.
type Options struct {
	Video     *VideoTrack
	Audio     *AudioTrack
	MoreVideo []VideoTrack // tracks 1 and up; need CanMultitrack
	MoreAudio []AudioTrack

	Encoder     string // who we are, in onMetaData and flashVer; "rtmpout"
	PublishType string // "live" (default), "record" or "append"

	Authorities []*x509.Certificate // trusted beside the system's
	// DialContext makes the TCP connection instead of the built-in look-up and
	// Happy Eyeballs dialer. A connection that is no socket and has a method
	// Unsent() int tells by it what Stats.Kernel is.
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)

	ChunkSize     int // bytes of payload per chunk, 128 to 65536; 4096
	WindowAckSize int // bytes after which the server shall confirm; 131072

	QueueBytes int           // most that waits for the network, beside one packet; 8 MiB
	QueueTime  time.Duration // longest that video waits before it is dropped to the next key frame; 2 s
	Interleave time.Duration // longest that a packet waits for an earlier one of the other kind; 1 s; < 0: never

	ConnectTimeout time.Duration // DNS, TCP, TLS and handshake together, of each connection; 10 s
	PublishTimeout time.Duration // connect until the server has accepted the key; 15 s
	StallTimeout   time.Duration // without any progress in writing; four times that for one write that makes some; 15 s

	// Zero is the DTS that becomes RTMP timestamp 0. A reconnect passes
	// Publisher.Zero of the connection before, so that time goes on. Nil: the DTS
	// of the first packet.
	Zero *time.Duration

	// Assume is what the server can do although it does not say so.
	Assume Capabilities
	// Nanoseconds sends what time stamps have below a millisecond, to servers
	// that can CanModEx and CanNanoTimestamp.
	Nanoseconds bool
	// StrictHandshake refuses a server that does not echo our random bytes.
	StrictHandshake bool
	// OnlyDeclared refuses a server that does not declare the codecs of the tracks, if
	// FLV itself does not have them, with a *CodecError. Not every server that takes
	// them says so: Assume CanEnhanced then.
	OnlyDeclared bool
	// NoRedirect refuses redirects and Reconnect Requests.
	NoRedirect bool

	// Warn is told what is wrong but can be lived with: a sentence without
	// secrets. It must not block. It is called by the publisher's goroutines.
	Warn func(string)
	// Redirected is told where the stream goes after a redirect or Reconnect
	// Request, before the new connection is made.
	Redirected func(Target)
}

// OptionsError is an Options field that cannot be.
type OptionsError struct{ Field, Reason string }

func (e *OptionsError) Error() string { return "rtmpout: options: " + e.Field + ": " + e.Reason }

func defaulted[T int | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

// normal returns o with the defaults filled in. Tracks are copied.
func (o Options) normal() (Options, error) {
	if o.Encoder == "" {
		o.Encoder = "rtmpout"
	}
	if o.PublishType == "" {
		o.PublishType = "live"
	}
	o.ChunkSize = defaulted(o.ChunkSize, 4096)
	o.WindowAckSize = defaulted(o.WindowAckSize, 128<<10)
	o.QueueBytes = defaulted(o.QueueBytes, 8<<20)
	o.QueueTime = defaulted(o.QueueTime, 2*time.Second)
	if o.Interleave == 0 {
		o.Interleave = time.Second
	}
	o.ConnectTimeout = defaulted(o.ConnectTimeout, 10*time.Second)
	o.PublishTimeout = defaulted(o.PublishTimeout, 15*time.Second)
	o.StallTimeout = defaulted(o.StallTimeout, 15*time.Second)
	if o.ChunkSize < 128 || o.ChunkSize > 65536 {
		return o, &OptionsError{"ChunkSize", "must be 128 to 65536"}
	}
	switch o.PublishType {
	case "live", "record", "append":
	default:
		return o, &OptionsError{"PublishType", "must be live, record or append"}
	}
	if o.Video == nil && len(o.MoreVideo) > 0 || o.Audio == nil && len(o.MoreAudio) > 0 {
		return o, &OptionsError{"MoreVideo, MoreAudio", "there is no first track"}
	}
	if len(o.MoreVideo) > maxTracks-1 || len(o.MoreAudio) > maxTracks-1 {
		return o, &OptionsError{"MoreVideo, MoreAudio", fmt.Sprintf("more than %d tracks", maxTracks)}
	}
	for _, v := range o.videoTracks() {
		if !v.Codec.isVideo() {
			return o, &OptionsError{"Video.Codec", "is not a video codec"}
		}
		if err := v.Color.check(); err != nil {
			return o, err
		}
		if len(v.Config) > maxConfig {
			return o, &OptionsError{"Video.Config", "is longer than 4096 bytes"}
		}
	}
	for _, a := range o.audioTracks() {
		if !a.Codec.isAudio() {
			return o, &OptionsError{"Audio.Codec", "is not an audio codec"}
		}
		if len(a.Config) > maxConfig {
			return o, &OptionsError{"Audio.Config", "is longer than 4096 bytes"}
		}
	}
	return o, nil
}

// maxTracks of a kind. E-RTMP allows 256; nobody has more than a few.
const maxTracks = 16

func (o *Options) videoTracks() []VideoTrack {
	if o.Video == nil {
		return nil
	}
	tracks := append([]VideoTrack{*o.Video}, o.MoreVideo...)
	for i := range tracks {
		if tracks[i].Codec == "" {
			tracks[i].Codec = H264
		}
	}
	return tracks
}

func (o *Options) audioTracks() []AudioTrack {
	if o.Audio == nil {
		return nil
	}
	tracks := append([]AudioTrack{*o.Audio}, o.MoreAudio...)
	for i := range tracks {
		if tracks[i].Codec == "" {
			tracks[i].Codec = AAC
		}
	}
	return tracks
}
