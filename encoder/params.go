package encoder

import "time"

// VideoParams asks for a video encoder. The zero value of a field means its
// default.
type VideoParams struct {
	Width, Height int           // pixels, even
	FPS           int           // frames a second, 1 to 120
	Bitrate       int           // bit/s, held as CBR with a VBV buffer of one second
	KeyInterval   time.Duration // from one key frame to the next; 2 s
	Encoder       string        // "auto", "x264", or the name of one of libavcodec's; "auto"
	Preset        string        // of x264; "veryfast"
	LowLatency    bool          // no look-ahead and no B-frames
}

// AudioParams asks for an AAC-LC encoder.
type AudioParams struct {
	Rate     int // Hz; 48000
	Channels int // 1 or 2; 2
	Bitrate  int // bit/s; 160000
}

// VideoConfig is what a muxer or publisher needs to know once, before the first
// packet.
type VideoConfig struct {
	VideoParams
	Name   string // of the encoder that was opened, as libavcodec calls it: "libx264"
	Record []byte // AVCDecoderConfigurationRecord, ISO/IEC 14496-15 section 5.3.3.1
}

// AudioConfig is the same for sound.
type AudioConfig struct {
	AudioParams
	Name   string // "aac"
	Record []byte // AudioSpecificConfig, ISO/IEC 14496-3 section 1.6.2.1
	// FrameSize is how many moments one packet covers: 1024 for AAC-LC.
	FrameSize int
}
