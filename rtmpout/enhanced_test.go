package rtmpout_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// E1 E2 E3: the enhanced form: key and inter frames, sequence start, composition
// time where the codec has one.
func TestE1EnhancedHeader(t *testing.T) {
	for _, c := range []struct {
		codec            rtmpout.Codec
		start, key, late string
	}{
		{rtmpout.HEVC, "9068766331010203", "936876633101", "a16876633100005001"},
		{rtmpout.AV1, "9061763031010203", "916176303101", "a16176303101"},
		{rtmpout.VP9, "9076703039010203", "917670303901", "a17670303901"},
	} {
		o := rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: c.codec, Config: []byte{1, 2, 3}}}
		v := of(published(t, -1, o, func(p *rtmpout.Publisher) {
			must(t, p.WriteVideo(rtmpout.Packet{Key: true, Data: []byte{1}}))
			must(t, p.WriteVideo(rtmpout.Packet{DTS: 40e6, PTS: 120e6, Data: []byte{1}}))
		}), wire.TypeVideo)
		wantHex(t, string(c.codec)+" start", v[0], c.start)
		wantHex(t, string(c.codec)+" key", v[1], c.key)
		wantHex(t, string(c.codec)+" late", v[2], c.late)
	}
}

// E2: the configuration is sent as it is given, for every codec that has one, and
// nothing is sent without it.
func TestE2SequenceStart(t *testing.T) {
	for _, codec := range []rtmpout.Codec{rtmpout.HEVC, rtmpout.VVC, rtmpout.AV1, rtmpout.VP9, rtmpout.VP8} {
		o := rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: codec}}
		v := of(published(t, -1, o, func(p *rtmpout.Publisher) {
			if err := p.WriteVideo(rtmpout.Packet{Key: true, Data: []byte{1}}); !errors.Is(err, rtmpout.ErrNoConfig) {
				t.Errorf("%s without a configuration: %v", codec, err)
			}
			must(t, p.SetVideoConfig(0, []byte{0xc0, 0xff, 0xee}))
			must(t, p.WriteVideo(rtmpout.Packet{Key: true, Data: []byte{1}}))
		}), wire.TypeVideo)
		if want := append([]byte{0x90}, string(codec)+"\xc0\xff\xee"...); !bytes.Equal(v[0], want) {
			t.Errorf("%s: %x", codec, v[0])
		}
	}
}

// E3: CodedFramesX only for codecs with a composition time of 0.
func TestE3CodedFrames(t *testing.T) {
	for codec, want := range map[rtmpout.Codec][2]byte{rtmpout.HEVC: {3, 1}, rtmpout.VVC: {3, 1}, rtmpout.AV1: {1, 1}, rtmpout.VP9: {1, 1}, rtmpout.VP8: {1, 1}} {
		o := rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: codec, Config: []byte{1}}}
		v := of(published(t, -1, o, func(p *rtmpout.Publisher) {
			must(t, p.WriteVideo(rtmpout.Packet{Key: true, Data: []byte{1}}))
			must(t, p.WriteVideo(rtmpout.Packet{DTS: 40e6, PTS: 80e6, Data: []byte{1}}))
		}), wire.TypeVideo)
		v = v[1:]
		if v[0][0]&15 != want[0] || v[1][0]&15 != want[1] {
			t.Errorf("%s: packet types %d, %d", codec, v[0][0]&15, v[1][0]&15)
		}
	}
}

// E4: a clean stop ends each track of the enhanced form.
func TestE4SequenceEnd(t *testing.T) {
	o := rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: rtmpout.HEVC, Config: []byte{1}}}
	v := of(published(t, -1, o, func(p *rtmpout.Publisher) { must(t, p.WriteVideo(rtmpout.Packet{Key: true, Data: []byte{1}})) }), wire.TypeVideo)
	wantHex(t, "last message", v[len(v)-1], "9268766331")
	v = of(published(t, -1, videoOnly(), func(p *rtmpout.Publisher) { write(t, p, frame(0, true, 5)) }), wire.TypeVideo)
	if len(v) != 2 {
		t.Errorf("%d messages of plain H.264", len(v))
	}
}

// E5: colour metadata before the frames it is for, ranges checked.
func TestE5ColorInfo(t *testing.T) {
	o := rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: rtmpout.HEVC, Config: []byte{1}, Color: &rtmpout.ColorInfo{
		BitDepth: 10, Primaries: 9, TransferCharacteristics: 16, MatrixCoefficients: 9, MaxFall: 400, MaxCLL: 1000,
		RedX: 0.68, RedY: 0.32, GreenX: 0.265, GreenY: 0.69, BlueX: 0.15, BlueY: 0.06, WhitePointX: 0.3127, WhitePointY: 0.329,
		MaxLuminance: 1000, MinLuminance: 0.005,
	}}}
	v := of(published(t, -1, o, func(p *rtmpout.Publisher) { must(t, p.WriteVideo(rtmpout.Packet{Key: true, Data: []byte{1}})) }), wire.TypeVideo)
	wantHex(t, "header", v[1][:5], "9468766331")
	values, err := amf0.Decode(v[1][5:])
	must(t, err)
	info := amf0.Properties(values[1])
	if values[0] != "colorInfo" || amf0.Properties(info.Get("colorConfig")).Get("transferCharacteristics") != 16.0 ||
		amf0.Properties(info.Get("hdrCll")).Get("maxCLL") != 1000.0 || amf0.Properties(info.Get("hdrMdcv")).Get("whitePointY") != 0.329 ||
		amf0.Properties(info.Get("hdrMdcv")).Get("minLuminance") != 0.005 {
		t.Errorf("%v", values)
	}
	for _, bad := range []rtmpout.ColorInfo{{MinLuminance: 6}, {MinLuminance: 0.00001}, {MaxLuminance: 3}, {RedX: 1.5}, {MaxCLL: 20000}} {
		o.Video.Color = &bad
		_, err := rtmpout.Dial(t.Context(), target(t, "rtmp://127.0.0.1:1/a", "k"), o)
		if _, ok := errors.AsType[*rtmpout.OptionsError](err); !ok {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

// E6: nanoseconds as ModEx, only to servers that declare both capabilities.
func TestE6ModEx(t *testing.T) {
	for caps, want := range map[int]string{-1: "2701000000", 4: "2701000000", 8: "2701000000", 12: "a70205161503" + "61766331"} {
		o := videoOnly()
		o.Nanoseconds = true
		v := of(published(t, caps, o, func(p *rtmpout.Publisher) {
			write(t, p, frame(0, true, 5))
			at := 33*time.Millisecond + 0x051615
			must(t, p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Data: []byte{1}}))
		}), wire.TypeVideo)
		wantHex(t, fmt.Sprintf("header with capsEx %d", caps), v[2], want+"01")
	}
}

// E7: further tracks are sent as OneTrack, the first one as if it were alone.
func TestE7Multitrack(t *testing.T) {
	o := avOptions()
	o.MoreVideo = []rtmpout.VideoTrack{{Codec: rtmpout.HEVC, Config: []byte{7}}}
	o.MoreAudio = []rtmpout.AudioTrack{{Codec: rtmpout.Opus, Config: []byte{8}}}
	messages := published(t, 2, o, func(p *rtmpout.Publisher) {
		write(t, p, frame(0, true, 5))
		must(t, p.WriteVideo(rtmpout.Packet{Track: 1, Key: true, PTS: 80e6, Data: []byte{1}}))
		must(t, p.WriteAudio(rtmpout.Packet{Track: 0, Data: []byte{2}}))
		must(t, p.WriteAudio(rtmpout.Packet{Track: 1, Data: []byte{3}}))
		if err := p.WriteAudio(rtmpout.Packet{Track: 2, Data: []byte{3}}); !errors.Is(err, rtmpout.ErrNoTrack) {
			t.Error(err)
		}
	})
	v, a := of(messages, wire.TypeVideo), of(messages, wire.TypeAudio)
	wantHex(t, "video 0", v[2][:5], "1701000000")
	wantHex(t, "video 1 start", v[1], "9600"+"68766331"+"01"+"07")
	wantHex(t, "video 1", v[3], "9601"+"68766331"+"01"+"000050"+"01")
	wantHex(t, "audio 0", a[2], "af0102")
	wantHex(t, "audio 1 start", a[1], "9500"+"4f707573"+"01"+"08")
	wantHex(t, "audio 1", a[3], "9501"+"4f707573"+"01"+"03")
	wantHex(t, "video 1 end", v[len(v)-1], "9602"+"68766331"+"01")
}

// E8: the track maps of onMetaData begin at "1".
func TestE8TrackMaps(t *testing.T) {
	o := avOptions()
	o.MoreVideo = []rtmpout.VideoTrack{{Codec: rtmpout.AV1, Width: 640, Height: 360, Config: []byte{1}}}
	o.MoreAudio = []rtmpout.AudioTrack{{Codec: rtmpout.Opus, Channels: 2, Config: []byte{1}}, {Codec: rtmpout.FLAC, Config: []byte{1}}}
	messages := published(t, 2, o, func(p *rtmpout.Publisher) {})
	data, _ := rtmptest.ParseData(messages[0])
	props := amf0.Properties(data.Args[1])
	video, audio := amf0.Properties(props.Get("videoTrackIdInfoMap")), amf0.Properties(props.Get("audioTrackIdInfoMap"))
	if len(video) != 1 || len(audio) != 2 || amf0.Properties(video.Get("1")).Get("width") != 640.0 ||
		amf0.Properties(audio.Get("2")).Get("audiocodecid") != float64(0x664c6143) {
		t.Errorf("%v %v", video, audio)
	}
}

// A1: enhanced audio; FLAC's configuration has its signature, Opus' is OpusHead, and
// AC-3 and E-AC-3, which have none, are announced by an empty one.
func TestA1EnhancedAudio(t *testing.T) {
	info := bytes.Repeat([]byte{5}, 34)
	for _, c := range []struct {
		codec         rtmpout.Codec
		config        []byte
		start, frames string
	}{
		{rtmpout.Opus, []byte("OpusHead"), "904f707573" + hex.EncodeToString([]byte("OpusHead")), "914f70757301"},
		{rtmpout.FLAC, info, "90664c6143" + "664c6143" + "80000022" + hex.EncodeToString(info), "91664c614301"},
		{rtmpout.AC3, nil, "9061632d33", "9161632d3301"},
		{rtmpout.EAC3, nil, "9065632d33", "9165632d3301"},
		{rtmpout.MP3, []byte("none"), "", "2f01"},
	} {
		o := rtmpout.Options{Audio: &rtmpout.AudioTrack{Codec: c.codec, Config: c.config}}
		a := of(published(t, -1, o, func(p *rtmpout.Publisher) { must(t, p.WriteAudio(rtmpout.Packet{Data: []byte{1}})) }), wire.TypeAudio)
		if c.start != "" {
			wantHex(t, string(c.codec)+" start", a[0], c.start)
			a = a[1:]
		}
		wantHex(t, string(c.codec), a[0], c.frames)
	}
}

// A2: the channel layout.
func TestA2MultichannelConfig(t *testing.T) {
	for want, layout := range map[string]rtmpout.ChannelLayout{
		"944f70757301060000003f":     {Mask: 0x3f, Count: 6},
		"944f7075730206000102030405": {Channels: []uint8{0, 1, 2, 3, 4, 5}},
		"944f7075730008":             {Count: 8},
	} {
		o := rtmpout.Options{Audio: &rtmpout.AudioTrack{Codec: rtmpout.Opus, Config: []byte{1}, Layout: &layout}}
		a := of(published(t, -1, o, func(p *rtmpout.Publisher) { must(t, p.WriteAudio(rtmpout.Packet{Data: []byte{1}})) }), wire.TypeAudio)
		wantHex(t, "layout", a[1], want)
	}
}

// A3: the end of sound is told to Enhanced RTMP servers only, and never by an empty
// message.
func TestA3AudioEnd(t *testing.T) {
	for caps, want := range map[int]int{-1: 2, 0: 3} {
		o := rtmpout.Options{Audio: &rtmpout.AudioTrack{Codec: rtmpout.Opus, Config: []byte{1}}}
		a := of(published(t, caps, o, func(p *rtmpout.Publisher) { must(t, p.WriteAudio(rtmpout.Packet{Data: []byte{1}})) }), wire.TypeAudio)
		if len(a) != want {
			t.Errorf("capsEx %d: %d messages", caps, len(a))
		} else if want == 3 {
			wantHex(t, "end", a[2], "924f707573")
		}
		for _, m := range a {
			if len(m) == 0 {
				t.Error("empty audio message")
			}
		}
	}
}
