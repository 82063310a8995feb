package encoder

import "tally/capture/libav"

// Codec is a coding format, by FFmpeg's name of it.
type Codec string

const (
	H264 Codec = "h264"
	HEVC Codec = "hevc"
	AV1  Codec = "av1"

	AAC  Codec = "aac"
	Opus Codec = "opus"
)

// VideoCodecs and AudioCodecs are those that there can be encoders for, what every
// server takes first.
func VideoCodecs() []Codec { return []Codec{H264, HEVC, AV1} }
func AudioCodecs() []Codec { return []Codec{AAC, Opus} }

// Has tells whether this computer has an encoder for a codec.
func Has(c Codec) bool {
	if name, audio := coders[c]; audio {
		return libav.HasEncoder(name)
	}
	return len(present(c)) > 0
}

var codecNames = map[Codec]string{H264: "H.264", HEVC: "HEVC", AV1: "AV1", AAC: "AAC", Opus: "Opus"}

// String is the codec's name for people: "H.264".
func (c Codec) String() string {
	if name, ok := codecNames[c]; ok {
		return name
	}
	return string(c)
}
