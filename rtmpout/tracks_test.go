package rtmpout_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// published is what a server that answers connect with caps receives.
func published(t *testing.T, caps int, o rtmpout.Options, send func(p *rtmpout.Publisher)) (messages []rtmptest.Message) {
	t.Helper()
	done := make(chan struct{})
	srv := scripted(t, func(c *rtmptest.Conn) error {
		defer close(done)
		cmd, err := upTo(c, "connect")
		if err != nil {
			return err
		}
		props := rtmptest.Object{}
		if caps >= 0 {
			props = rtmptest.Object{{Name: "capsEx", Value: caps}}
		}
		c.WriteCommand(0, "_result", cmd.Transaction, props, rtmptest.Status("status", "NetConnection.Connect.Success", ""))
		c.ReadCommand("createStream")
		c.WriteCommand(0, "_result", 4, nil, 1)
		c.ReadCommand("publish")
		started(c)
		for {
			m, err := c.ReadMessage()
			if err != nil {
				return err
			}
			switch m.Type {
			case wire.TypeAudio, wire.TypeVideo, wire.TypeData:
				m.Data = bytes.Clone(m.Data)
				messages = append(messages, m)
			case wire.TypeCommand:
				if cmd, _ := rtmptest.ParseCommand(m); cmd.Name == "deleteStream" {
					return c.WriteStatus(1, "status", "NetStream.Unpublish.Success", "")
				}
			}
		}
	})
	p := mustDial(t, srv, o)
	send(p)
	closeNow(t, p)
	<-done
	return messages
}

func of(messages []rtmptest.Message, kind uint8) (list [][]byte) {
	for _, m := range messages {
		if m.Type == kind {
			list = append(list, m.Data)
		}
	}
	return list
}

func wantHex(t *testing.T, what string, got []byte, want string) {
	t.Helper()
	if hex.EncodeToString(got) != want {
		t.Errorf("%s is %x, want %s", what, got, want)
	}
}

// M1: onMetaData: @setDataFrame with an ECMA array, at time 0 on the message stream,
// before anything else.
func TestM1Metadata(t *testing.T) {
	chunks, messages := tapped(t, avOptions(), func(p *rtmpout.Publisher) { write(t, p, frame(500, true, 10)) })
	for _, c := range chunks {
		if c.kind == wire.TypeData && (c.stream != 1 || c.time != 0) {
			t.Errorf("%+v", c)
		}
	}
	data, err := rtmptest.ParseData(messages[0])
	must(t, err)
	props, isArray := data.Args[1].(rtmptest.ECMAArray)
	if messages[0].Type != wire.TypeData || data.Name != "@setDataFrame" || data.Args[0] != "onMetaData" || !isArray {
		t.Fatalf("%+v", data)
	}
	for name, want := range map[string]any{"duration": 0.0, "width": 1280.0, "height": 720.0, "framerate": 30.0, "videocodecid": 7.0,
		"videodatarate": 2500.0, "audiocodecid": 10.0, "audiodatarate": 160.0, "audiosamplerate": 48000.0, "audiosamplesize": 16.0,
		"audiochannels": 2.0, "stereo": true, "encoder": "rtmpout"} {
		if got := props.Get(name); got != want {
			t.Errorf("%s is %v, want %v", name, got, want)
		}
	}
}

// M2: codec ids: FLV's numbers, else the FourCC as a number.
func TestM2CodecIDs(t *testing.T) {
	for _, c := range []struct {
		video, audio rtmpout.Codec
		v, a         float64
	}{{"", "", 7, 10}, {rtmpout.AV1, rtmpout.Opus, 1635135537, 1332770163}, {rtmpout.HEVC, rtmpout.MP3, 1752589105, 2}} {
		o := avOptions()
		o.Video.Codec, o.Audio.Codec = c.video, c.audio
		_, messages := tapped(t, o, func(p *rtmpout.Publisher) {})
		data, _ := rtmptest.ParseData(messages[0])
		props := amf0.Properties(data.Args[1])
		if props.Get("videocodecid") != c.v || props.Get("audiocodecid") != c.a {
			t.Errorf("%s %s: %v %v", c.video, c.audio, props.Get("videocodecid"), props.Get("audiocodecid"))
		}
	}
}

// M3: H.264 in FLV's own form: configuration first, and again when it changes.
func TestM3AVC(t *testing.T) {
	o := videoOnly()
	_, messages := tapped(t, o, func(p *rtmpout.Publisher) {
		key, delta := frame(0, true, 6), frame(40, false, 6)
		delta.PTS += 80 * time.Millisecond
		write(t, p, frame(-40, false, 6), key, delta)
		must(t, p.SetVideoConfig(0, o.Video.Config)) // the same: nothing is sent
		must(t, p.SetVideoConfig(0, []byte{9, 8, 7}))
		write(t, p, frame(80, true, 6))
	})
	v := of(messages, wire.TypeVideo)
	for i, want := range []string{"1700000000" + hex.EncodeToString(o.Video.Config), "1701000000000000026500", "2701000050000000024100",
		"1700000000090807", "1701000000000000026500"} {
		wantHex(t, fmt.Sprint("message ", i), v[i], want)
	}
	if times := messages[4].Time; times != 40 {
		t.Errorf("changed configuration at %d", times)
	}
	_, err := rtmpout.Dial(t.Context(), target(t, "rtmp://127.0.0.1:1/a", "k"), rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: rtmpout.AAC}})
	if _, ok := errors.AsType[*rtmpout.OptionsError](err); !ok {
		t.Error(err)
	}
}

// M3: without a configuration frames are refused, until one is set.
func TestM3NoConfig(t *testing.T) {
	o := videoOnly()
	o.Video.Config = nil
	_, messages := tapped(t, o, func(p *rtmpout.Publisher) {
		if err := p.WriteVideo(frame(0, true, 6)); !errors.Is(err, rtmpout.ErrNoConfig) {
			t.Error(err)
		}
		must(t, p.SetVideoConfig(0, []byte{1, 2, 3}))
		write(t, p, frame(0, true, 6))
	})
	v := of(messages, wire.TypeVideo)
	wantHex(t, "configuration", v[0], "1700000000010203")
	if len(v) != 2 {
		t.Errorf("%d messages", len(v))
	}
}

// M4: AAC: 0xAF whatever the rate.
func TestM4AAC(t *testing.T) {
	o := rtmpout.Options{Audio: &rtmpout.AudioTrack{Config: []byte{0x12, 0x08}, Rate: 44100, Channels: 1}}
	_, messages := tapped(t, o, func(p *rtmpout.Publisher) { must(t, p.WriteAudio(rtmpout.Packet{Data: []byte{1, 2, 3}})) })
	a := of(messages, wire.TypeAudio)
	wantHex(t, "configuration", a[0], "af001208")
	wantHex(t, "frame", a[1], "af01010203")
}

// M5: time begins at 0 and never goes back over video and audio together, does not
// drift, and configurations carry the time in force.
func TestM5Timestamps(t *testing.T) {
	for _, rate := range []struct{ num, den int64 }{{24000, 1001}, {60000, 1001}} {
		_, messages := tapped(t, avOptions(), func(p *rtmpout.Publisher) {
			const from = 1234567 * time.Microsecond
			frames := rate.num * 600 / rate.den // ten minutes
			audio := int64(0)
			for i := range frames {
				at := from + time.Duration(i*rate.den*1e9/rate.num)
				for ; audio*1024*1e9/48000 < int64(at-from); audio++ {
					must(t, p.WriteAudio(rtmpout.Packet{DTS: from + time.Duration(audio*1024*1e9/48000), Data: []byte{1}}))
				}
				must(t, p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Key: i == 0, Data: []byte{1}}))
				if i%64 == 0 {
					for p.Stats().QueueBytes > 200 {
						time.Sleep(time.Millisecond)
					}
				}
			}
		})
		last, n := uint32(0), int64(0)
		for _, m := range messages {
			if m.Time < last {
				t.Fatalf("time goes back from %d to %d", last, m.Time)
			}
			last = m.Time
			if m.Type == wire.TypeVideo && m.Data[1] == 1 {
				if want := (n*rate.den*1000 + rate.num/2) / rate.num; int64(m.Time) < want-1 || int64(m.Time) > want+1 {
					t.Fatalf("frame %d at %d, want %d", n, m.Time, want)
				}
				n++
			}
		}
		if n != rate.num*600/rate.den {
			t.Errorf("%d frames", n)
		}
	}
	zero := time.Duration(0)
	o := videoOnly()
	o.Zero = &zero
	_, messages := tapped(t, o, func(p *rtmpout.Publisher) {
		write(t, p, frame(5000, true, 10))
		eventually(t, time.Second, "zero is known", func() bool { return p.Zero() != nil && *p.Zero() == 0 })
	})
	if messages[1].Time != 5000 || messages[2].Time != 5000 {
		t.Errorf("times %d and %d", messages[1].Time, messages[2].Time)
	}
}

// M5: packets that come out of order between the kinds leave in order.
func TestM5Interleaving(t *testing.T) {
	_, messages := tapped(t, avOptions(), func(p *rtmpout.Publisher) {
		for i := range 50 { // sound comes 200 ms before its picture
			must(t, p.WriteAudio(sound(20*i+200, 10)))
			write(t, p, frame(20*i, i == 0, 10))
			time.Sleep(time.Millisecond)
		}
	})
	last := uint32(0)
	for _, m := range messages {
		if m.Time < last {
			t.Fatalf("time goes back from %d to %d", last, m.Time)
		}
		last = m.Time
	}
}

// M6: time wraps at 2^32 ms without a break.
func TestM6TimeWraps(t *testing.T) {
	for _, wrap := range []int64{1 << 31, 1 << 32} {
		zero := -time.Duration(wrap-5000) * time.Millisecond
		o := videoOnly()
		o.Zero = &zero
		_, messages := tapped(t, o, func(p *rtmpout.Publisher) {
			for i := range 300 {
				write(t, p, frame(33*i, i == 0, 5000))
				for p.Stats().QueueBytes > 50_000 {
					time.Sleep(time.Millisecond)
				}
			}
		})
		for i, m := range messages[2:] {
			if want := uint32(wrap - 5000 + int64(33*i)); m.Time != want {
				t.Fatalf("frame %d at %d, want %d", i, m.Time, want)
			}
		}
		n := startNginx(t, "")
		c := mediaClip(t)
		zero = -time.Duration(wrap-2000) * time.Millisecond
		p := dial(t, n.url, "wrap", rtmpout.Options{Video: &c.video, Audio: &c.audio, Zero: &zero})
		c.send(t, p, 1, 0)
		closeNow(t, p)
		time.Sleep(200 * time.Millisecond)
		decoded(t, filepath.Join(n.dir, "wrap.flv"), c, 1)
	}
}

// M7: the composition time is a signed number of 24 bits, held in its range.
func TestM7CompositionTime(t *testing.T) {
	_, messages := tapped(t, videoOnly(), func(p *rtmpout.Publisher) {
		for i, cts := range []int{0, 80, -40, 9_000_000, -9_000_000} {
			f := frame(33*i, true, 5)
			f.PTS += time.Duration(cts) * time.Millisecond
			write(t, p, f)
		}
	})
	for i, want := range []string{"000000", "000050", "ffffd8", "7fffff", "800000"} {
		wantHex(t, fmt.Sprint("composition time ", i), of(messages, wire.TypeVideo)[i+1][2:5], want)
	}
}

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

// E2: the configuration is sent as it is given, for every codec that has one.
func TestE2SequenceStart(t *testing.T) {
	for _, codec := range []rtmpout.Codec{rtmpout.HEVC, rtmpout.VVC, rtmpout.AV1, rtmpout.VP9} {
		o := rtmpout.Options{Video: &rtmpout.VideoTrack{Codec: codec, Config: []byte{0xc0, 0xff, 0xee}}}
		v := of(published(t, -1, o, func(p *rtmpout.Publisher) { must(t, p.WriteVideo(rtmpout.Packet{Key: true, Data: []byte{1}})) }), wire.TypeVideo)
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
		if codec != rtmpout.VP8 {
			v = v[1:]
		}
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
		MaxLuminance: 1000, MinLuminance: 0.005}}}
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

// A1: enhanced audio; FLAC's configuration has its signature, Opus' is OpusHead.
func TestA1EnhancedAudio(t *testing.T) {
	info := bytes.Repeat([]byte{5}, 34)
	for _, c := range []struct {
		codec         rtmpout.Codec
		config        []byte
		start, frames string
	}{
		{rtmpout.Opus, []byte("OpusHead"), "904f707573" + hex.EncodeToString([]byte("OpusHead")), "914f70757301"},
		{rtmpout.FLAC, info, "90664c6143" + "664c6143" + "80000022" + hex.EncodeToString(info), "91664c614301"},
		{rtmpout.AC3, nil, "", "9161632d3301"},
		{rtmpout.EAC3, nil, "", "9165632d3301"},
		{rtmpout.MP3, nil, "", "2f01"},
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
