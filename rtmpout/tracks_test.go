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
	for name, want := range map[string]any{
		"duration": 0.0, "width": 1280.0, "height": 720.0, "framerate": 30.0, "videocodecid": 7.0,
		"videodatarate": 2500.0, "audiocodecid": 10.0, "audiodatarate": 160.0, "audiosamplerate": 48000.0, "audiosamplesize": 16.0,
		"audiochannels": 2.0, "stereo": true, "encoder": "rtmpout",
	} {
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
	for i, want := range []string{
		"1700000000" + hex.EncodeToString(o.Video.Config), "1701000000000000026500", "2701000050000000024100",
		"1700000000090807", "1701000000000000026500",
	} {
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
	o := avOptions()
	o.Interleave = 10 * time.Second // also on a machine that is busy
	_, messages := tapped(t, o, func(p *rtmpout.Publisher) {
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
			write(t, p, frame(33*299-10, false, 10)) // back, so that a full header is needed
		})
		for i, m := range messages[2:] {
			at := int64(33 * i)
			if i == 300 {
				at = 33*299 - 10
			}
			if want := uint32(wrap - 5000 + at); m.Time != want {
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
