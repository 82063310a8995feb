package rtmpout

// Codec is a coding format by its FourCC as Enhanced RTMP writes it.
type Codec string

const (
	H264 Codec = "avc1"
	HEVC Codec = "hvc1"
	VVC  Codec = "vvc1"
	AV1  Codec = "av01"
	VP8  Codec = "vp08"
	VP9  Codec = "vp09"

	AAC  Codec = "mp4a"
	Opus Codec = "Opus"
	FLAC Codec = "fLaC"
	AC3  Codec = "ac-3"
	EAC3 Codec = "ec-3"
	MP3  Codec = ".mp3"
)

func (c Codec) isVideo() bool {
	switch c {
	case H264, HEVC, VVC, AV1, VP8, VP9:
		return true
	}
	return false
}

func (c Codec) isAudio() bool {
	switch c {
	case AAC, Opus, FLAC, AC3, EAC3, MP3:
		return true
	}
	return false
}

// hasCompositionTime tells whether frames of the codec carry PTS-DTS (E-RTMP,
// Enhanced Video: avc1, hvc1 and vvc1 only).
func (c Codec) hasCompositionTime() bool { return c == H264 || c == HEVC || c == VVC }

// metadataID is videocodecid or audiocodecid: FLV's number for what FLV knows,
// else the FourCC as a big-endian number.
func (c Codec) metadataID() float64 {
	switch c {
	case H264:
		return 7
	case AAC:
		return 10
	case MP3:
		return 2
	}
	return float64(uint32(c[0])<<24 | uint32(c[1])<<16 | uint32(c[2])<<8 | uint32(c[3]))
}
