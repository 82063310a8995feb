package encoder

import "time"

// VideoParams asks for a video encoder. The zero value of a field means its
// default.
type VideoParams struct {
	Width, Height int           // pixels, even
	FPS           int           // frames a second, 1 to 120
	Bitrate       int           // bit/s, held as CBR with a VBV buffer of one second
	KeyInterval   time.Duration // from one key frame to the next; 2 s
	Codec         Codec         // H264
	Encoder       string        // "auto", "x264", or another that [Encoders] names; "auto"
	Preset        string        // of software encoders, by x264's names; "veryfast"
	LowLatency    bool          // no look-ahead and no B-frames
}

// AudioParams asks for an audio encoder.
type AudioParams struct {
	Codec    Codec // AAC, which is AAC-LC
	Rate     int   // Hz; 48000, and nothing else for Opus
	Channels int   // 1 or 2; 2
	Bitrate  int   // bit/s; 160000
}

// VideoConfig is what a muxer or publisher needs to know before the first packet
// of an encoder.
type VideoConfig struct {
	VideoParams
	Name     string // of the encoder that works, as libavcodec calls it: "libx264"
	Hardware bool
	Record   []byte // avcC or hvcC (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1), or av1C (AV1 in ISO BMFF, 2.3.3)

	// Failed is the encoder that has failed in the middle of the stream, so that this
	// one had to take over, and Cause is why; empty when none has.
	Failed string
	Cause  error
}

// AudioConfig is the same for sound.
type AudioConfig struct {
	AudioParams
	Name   string // "aac", "libopus"
	Record []byte // AudioSpecificConfig (ISO/IEC 14496-3, 1.6.2.1), or OpusHead (RFC 7845, 5.1)
	// FrameSize is how many moments one packet covers: 1024 of AAC-LC, 960 of Opus.
	FrameSize int
	Priming   int // moments of run-up before the first sound
}
