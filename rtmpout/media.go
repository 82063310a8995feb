package rtmpout

import (
	"time"

	"tally/rtmpout/internal/amf0"
)

// FLV and E-RTMP tag headers, the bytes between an RTMP message header and the
// encoded data. FLV 10.1 Annex E.4; enhanced-rtmp-v2, Enhanced Video and Audio.

// packetType of the enhanced form. Video and audio share those used here but for
// the multitrack number and audio's channel layout.
const (
	packetSequenceStart  = 0
	packetCodedFrames    = 1
	packetSequenceEnd    = 2
	packetCodedFramesX   = 3 // video: composition time 0
	packetMetadata       = 4 // video
	packetMultichannel   = 4 // audio
	packetMultitrack     = 6 // video
	packetAudioMultitrak = 5 // audio
	packetModEx          = 7
)

const (
	frameKey   = 1
	frameInter = 2
)

// maxTagHeader is the longest that tag writes.
const maxTagHeader = 24

// tag is everything that decides a tag header.
type tag struct {
	video    bool
	codec    Codec
	track    uint8
	packet   uint8 // packetSequenceStart, …
	key      bool
	enhanced bool  // not FLV's own form
	cts      int32 // PTS-DTS in ms
	nanos    int32 // time stamp's rest below 1 ms, sent as ModEx when > 0
}

// append writes the header.
func (t tag) append(b []byte) []byte {
	if !t.enhanced {
		return t.appendLegacy(b)
	}
	packet := t.packet
	if t.video && packet == packetCodedFrames && t.cts == 0 && t.codec.hasCompositionTime() {
		packet = packetCodedFramesX
	}
	frame, multitrack := byte(0x90), byte(packetAudioMultitrak)
	if t.video {
		frame, multitrack = 0x80|frameInter<<4, packetMultitrack
		if t.key {
			frame = 0x80 | frameKey<<4
		}
	}
	outer := packet
	if t.track > 0 {
		outer = multitrack
	}
	if t.nanos > 0 {
		// ModEx: size 3 (less one), UI24, then its type 0 (TimestampOffsetNano)
		// and the packet type it stands before.
		b = append(b, frame|packetModEx, 3-1, byte(t.nanos>>16), byte(t.nanos>>8), byte(t.nanos), 0<<4|outer)
	} else {
		b = append(b, frame|outer)
	}
	if t.track > 0 {
		b = append(b, 0<<4|packet) // one track
	}
	b = append(b, t.codec...)
	if t.track > 0 {
		b = append(b, t.track)
	}
	if t.video && packet == packetCodedFrames && t.codec.hasCompositionTime() {
		b = append(b, byte(t.cts>>16), byte(t.cts>>8), byte(t.cts))
	}
	return b
}

func (t tag) appendLegacy(b []byte) []byte {
	switch t.codec {
	case H264:
		frame := byte(frameInter<<4 | 7)
		if t.key {
			frame = frameKey<<4 | 7
		}
		return append(b, frame, t.packet, byte(t.cts>>16), byte(t.cts>>8), byte(t.cts))
	case MP3:
		return append(b, 0x2f) // 44 kHz, 16 bit, stereo; the frame's header has the truth
	}
	return append(b, 0xaf, t.packet) // AAC: the flags are fixed, the configuration has the truth
}

// legacyForm tells whether FLV itself has the codec.
func (c Codec) legacyForm() bool { return c == H264 || c == AAC || c == MP3 }

// selfDescribing tells whether each frame says how to decode it, so that there is no
// configuration.
func (c Codec) selfDescribing() bool { return c == MP3 || c == AC3 || c == EAC3 }

const maxCompositionTime = 1<<23 - 1

// compositionTime is PTS-DTS in ms, held in the range of its 24 bits.
func compositionTime(pts, dts int64) int32 {
	return int32(min(max(pts-dts, -maxCompositionTime-1), maxCompositionTime))
}

// milliseconds rounds to the nearest, so that a frame rate like 59.94 never drifts.
func milliseconds(d time.Duration) int64 {
	return int64(d.Round(time.Millisecond) / time.Millisecond)
}

// configBody is the sequence start's body for a configuration.
func configBody(c Codec, config []byte) []byte {
	if c == FLAC && len(config) >= 4 && string(config[:4]) != "fLaC" {
		// STREAMINFO alone: E-RTMP wants the signature and a block header.
		head := []byte{'f', 'L', 'a', 'C', 0x80, byte(len(config) >> 16), byte(len(config) >> 8), byte(len(config))}
		return append(head, config...)
	}
	return config
}

// metadata is onMetaData (FLV E.5, E-RTMP Enhancing onMetaData) as the payload of
// a data message.
func (o *Options) metadata() []byte {
	props := amf0.ECMAArray{{Name: "duration", Value: 0}}
	add := func(name string, v any) { props = append(props, amf0.Property{Name: name, Value: v}) }
	number := func(name string, v float64) {
		if v > 0 {
			add(name, v)
		}
	}
	videos, audios := o.videoTracks(), o.audioTracks()
	if len(videos) > 0 {
		v := videos[0]
		number("width", float64(v.Width))
		number("height", float64(v.Height))
		number("framerate", v.FPS)
		number("videodatarate", float64(v.Bitrate)/1000)
		add("videocodecid", v.Codec.metadataID())
	}
	if len(audios) > 0 {
		a := audios[0]
		number("audiodatarate", float64(a.Bitrate)/1000)
		add("audiocodecid", a.Codec.metadataID())
		number("audiosamplerate", float64(a.Rate))
		add("audiosamplesize", 16)
		number("audiochannels", float64(a.Channels))
		add("stereo", a.Channels >= 2)
	}
	if len(videos) > 1 {
		var tracks amf0.Object
		for i, v := range videos[1:] {
			info := amf0.Object{
				{Name: "videocodecid", Value: v.Codec.metadataID()},
				{Name: "width", Value: v.Width},
				{Name: "height", Value: v.Height},
				{Name: "videodatarate", Value: float64(v.Bitrate) / 1000},
			}
			tracks = append(tracks, amf0.Property{Name: trackName(i + 1), Value: info})
		}
		add("videoTrackIdInfoMap", tracks)
	}
	if len(audios) > 1 {
		var tracks amf0.Object
		for i, a := range audios[1:] {
			info := amf0.Object{
				{Name: "audiocodecid", Value: a.Codec.metadataID()},
				{Name: "samplerate", Value: a.Rate},
				{Name: "channels", Value: a.Channels},
				{Name: "audiodatarate", Value: float64(a.Bitrate) / 1000},
			}
			tracks = append(tracks, amf0.Property{Name: trackName(i + 1), Value: info})
		}
		add("audioTrackIdInfoMap", tracks)
	}
	add("encoder", o.Encoder)
	return amf0.Append(nil, "@setDataFrame", "onMetaData", props)
}

func trackName(i int) string {
	if i >= 10 {
		return string([]byte{byte('0' + i/10), byte('0' + i%10)})
	}
	return string([]byte{byte('0' + i)})
}
