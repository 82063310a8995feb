package rehearsal

import (
	"errors"
	"fmt"
	"time"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/h265"
)

// What Enhanced RTMP has beside FLV's own messages (enhanced-rtmp-v2, Enhanced
// Video and Audio): one byte with the kind of packet, a FourCC, and the rest.

const (
	sequenceStart = 0
	codedFrames   = 1
	codedFramesX  = 3 // video: no composition time
)

// enhancedVideo takes a video message of at least five bytes.
func (in *inspector) enhancedVideo(at time.Duration, data []byte) {
	kind, key, codec, rest := data[0]&15, data[0]>>4&7 == 1, string(data[1:5]), data[5:]
	header := map[string]func([]byte) error{"hvc1": in.hevcHeader, "av01": in.av1Header}[codec]
	switch {
	case header == nil:
		in.fault("The video is neither H.264, HEVC nor AV1.")
	case kind == sequenceStart:
		if err := header(rest); err != nil {
			in.fault("The header of the video cannot be read.")
		}
	case kind == codedFrames || kind == codedFramesX:
		in.picture(at, key)
		if codec != "hvc1" {
			return
		}
		if kind == codedFrames {
			rest = rest[min(3, len(rest)):]
		}
		in.units(rest)
	}
}

// hevcHeader reads an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 8.3.3.1) as
// far as its first SPS.
func (in *inspector) hevcHeader(rec []byte) error {
	const arrays, isSPS = 23, 33
	if len(rec) < arrays {
		return errors.New("truncated")
	}
	profile, level := rec[1]&31, rec[12]
	for b := rec[arrays:]; len(b) >= 5; {
		kind, size := b[0]&63, int(b[3])<<8|int(b[4])
		if len(b) < 5+size || b[1] != 0 || b[2] != 1 {
			return errors.New("truncated, or several of a kind")
		}
		if kind != isSPS {
			b = b[5+size:]
			continue
		}
		var sps h265.SPS
		if err := sps.Unmarshal(b[5 : 5+size]); err != nil {
			return err
		}
		in.video.configured = true
		in.report.Width, in.report.Height = sps.Width(), sps.Height()
		name := fmt.Sprintf("profile %d", profile)
		if profile == 1 {
			name = "Main"
		}
		in.report.VideoCodec = fmt.Sprintf("HEVC %s %d.%d", name, level/30, level%30/3)
		return nil
	}
	return errors.New("no SPS")
}

// av1Header reads an AV1CodecConfigurationRecord (AV1 in ISO BMFF 2.3.3).
func (in *inspector) av1Header(rec []byte) error {
	if len(rec) < 5 {
		return errors.New("no sequence header")
	}
	var units av1.Bitstream
	if err := units.Unmarshal(rec[4:]); err != nil {
		return err
	}
	var h av1.SequenceHeader
	if err := h.Unmarshal(units[0]); err != nil {
		return err
	}
	in.video.configured = true
	in.report.Width, in.report.Height = h.Width(), h.Height()
	level := rec[1] & 31
	name := fmt.Sprintf("profile %d", rec[1]>>5)
	if rec[1]>>5 == 0 {
		name = "Main"
	}
	in.report.VideoCodec = fmt.Sprintf("AV1 %s %d.%d", name, 2+level>>2, level&3)
	if !h.ColorConfig.ColorDescriptionPresentFlag {
		in.fault("The video does not say which colours it uses.")
	}
	return nil
}

// enhancedAudio takes an audio message of at least five bytes.
func (in *inspector) enhancedAudio(at time.Duration, data []byte) {
	kind, codec, rest := data[0]&15, string(data[1:5]), data[5:]
	switch {
	case codec != "Opus":
		in.fault("The sound is neither AAC nor Opus.")
	case kind == sequenceStart:
		if len(rest) < 19 || string(rest[:8]) != "OpusHead" { // RFC 7845 section 5.1
			in.fault("The Opus header cannot be read.")
			return
		}
		in.audio.configured = true
		in.report.AudioCodec = "Opus 48 kHz " + layout(rest[9])
	case kind == codedFrames:
		in.sound(at)
	}
}
