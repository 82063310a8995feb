package interop

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"tally/rtmpout"
	"tally/rtmpout/internal/clip"
	"tally/rtmpout/rtmptest"
)

// understood is what gortmplib's server made of a publication.
type understood struct {
	tracks []string         // codecs, as its reader found them
	frames []int            // what its reader handed out of each
	units  map[place][]unit // what came
	err    error
}

// place is a track.
type place struct {
	video  bool
	number uint8
}

// unit is one frame as it came.
type unit struct {
	dts, pts time.Duration
	data     []byte
}

// gortmpServer takes one publication.
func gortmpServer(t *testing.T) (string, chan understood) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	result := make(chan understood, 1)
	go func() {
		u := understood{units: map[place][]unit{}}
		defer func() { result <- u }()
		conn, err := l.Accept()
		if err != nil {
			u.err = err
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		sc := &gortmplib.ServerConn{RW: conn}
		if u.err = sc.Initialize(); u.err != nil {
			return
		}
		if u.err = sc.Accept(); u.err != nil {
			return
		}
		r := &gortmplib.Reader{Conn: keeping{sc, u.units}}
		if u.err = r.Initialize(); u.err != nil {
			return
		}
		u.err = u.read(r)
	}()
	return "rtmp://" + l.Addr().String() + "/app", result
}

// keeping keeps the frames of the messages that pass.
type keeping struct {
	gortmplib.Conn
	units map[place][]unit
}

func (k keeping) Read() (message.Message, error) {
	m, err := k.Conn.Read()
	if err == nil {
		k.keep(m, 0)
	}
	return m, err
}

func (k keeping) keep(m message.Message, track uint8) {
	add := func(video bool, dts, later time.Duration, data []byte) {
		at := place{video, track}
		k.units[at] = append(k.units[at], unit{dts, dts + later, slices.Clone(data)})
	}
	switch m := m.(type) {
	case *message.Video:
		if m.Type == message.VideoTypeAU {
			add(true, m.DTS, m.PTSDelta, m.AU)
		}
	case *message.VideoExCodedFrames:
		add(true, m.DTS, m.PTSDelta, m.Payload)
	case *message.VideoExFramesX:
		add(true, m.DTS, 0, m.Payload)
	case *message.VideoExMultitrack:
		k.keep(m.Wrapped, m.TrackID)
	case *message.Audio:
		if m.Codec != message.CodecMPEG4Audio || m.AACType == message.AudioAACTypeAU {
			add(false, m.DTS, 0, m.AU)
		}
	case *message.AudioExCodedFrames:
		add(false, m.DTS, 0, m.Payload)
	case *message.AudioExMultitrack:
		k.keep(m.Wrapped, m.TrackID)
	}
}

// read lets the reader take everything apart, up to the end.
func (u *understood) read(r *gortmplib.Reader) error {
	u.frames = make([]int, len(r.Tracks()))
	for i, track := range r.Tracks() {
		u.tracks = append(u.tracks, strings.TrimPrefix(fmt.Sprintf("%T", track.Codec), "*codecs."))
		count := func() { u.frames[i]++ }
		sound := func(time.Duration, []byte) { count() }
		pictures := func(_, _ time.Duration, _ [][]byte) { count() }
		switch track.Codec.(type) {
		case *codecs.H264:
			r.OnDataH264(track, pictures)
		case *codecs.H265:
			r.OnDataH265(track, pictures)
		case *codecs.AV1:
			r.OnDataAV1(track, func(time.Duration, [][]byte) { count() })
		case *codecs.VP9:
			r.OnDataVP9(track, sound)
		case *codecs.MPEG4Audio:
			r.OnDataMPEG4Audio(track, sound)
		case *codecs.MPEG1Audio:
			r.OnDataMPEG1Audio(track, sound)
		case *codecs.Opus:
			r.OnDataOpus(track, sound)
		case *codecs.AC3:
			r.OnDataAC3(track, sound)
		}
	}
	for {
		if err := r.Read(); err != nil {
			if strings.Contains(err.Error(), "EOF") {
				return nil
			}
			return err
		}
	}
}

// published is one track of a publication, and what gortmplib calls its codec.
type published struct {
	codec rtmpout.Codec
	name  string
	*clip.Track
}

// publish sends tracks, in the order of their times.
func publish(t *testing.T, server string, videos, audios []published) {
	t.Helper()
	o := rtmpout.Options{Assume: rtmpout.CanMultitrack}
	for i, v := range videos {
		if track := (rtmpout.VideoTrack{Codec: v.codec, Config: v.Config}); i == 0 {
			o.Video = &track
		} else {
			o.MoreVideo = append(o.MoreVideo, track)
		}
	}
	for i, a := range audios {
		if track := (rtmpout.AudioTrack{Codec: a.codec, Config: a.Config}); i == 0 {
			o.Audio = &track
		} else {
			o.MoreAudio = append(o.MoreAudio, track)
		}
	}
	type numbered struct {
		clip.Packet
		track int
	}
	var all []numbered
	for _, list := range [][]published{videos, audios} {
		for n, p := range list {
			for _, pkt := range p.Packets {
				all = append(all, numbered{pkt, n})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b numbered) int { return int(a.DTS - b.DTS) })
	p := dial(t, server, o)
	for _, pkt := range all {
		write := p.WriteAudio
		if pkt.Video {
			write = p.WriteVideo
		}
		if err := write(rtmpout.Packet{Track: pkt.track, DTS: pkt.DTS, PTS: pkt.PTS, Key: pkt.Key, Data: pkt.Data}); err != nil {
			t.Fatal(err)
		}
		for p.Stats().QueueBytes > 200<<10 {
			time.Sleep(time.Millisecond)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// understands publishes and compares, frame by frame and byte by byte.
func understands(t *testing.T, videos, audios []published) {
	t.Helper()
	server, result := gortmpServer(t)
	publish(t, server, videos, audios)
	got := <-result
	if got.err != nil {
		t.Fatal(got.err)
	}
	n := 0
	for _, list := range [][]published{videos, audios} {
		for number, p := range list {
			if n >= len(got.tracks) || got.tracks[n] != p.name {
				t.Fatalf("tracks %v, want %s as number %d", got.tracks, p.name, n)
			}
			extra := 0 // it hands out H.264's old configuration as a frame of its own
			if p.codec == rtmpout.H264 && number == 0 {
				extra = 1
			}
			if got.frames[n] != len(p.Packets)+extra {
				t.Errorf("%s: %d frames were understood, want %d", p.name, got.frames[n], len(p.Packets))
			}
			n++
			p.compare(t, got.units[place{p.Packets[0].Video, uint8(number)}])
		}
	}
}

func (p published) compare(t *testing.T, got []unit) {
	t.Helper()
	if len(got) != len(p.Packets) {
		t.Errorf("%s: %d frames came, want %d", p.name, len(got), len(p.Packets))
		return
	}
	near := func(a, b time.Duration) bool { return (a - b).Abs() <= time.Millisecond }
	for i, pkt := range p.Packets {
		if !bytes.Equal(got[i].data, pkt.Data) || !near(got[i].dts, pkt.DTS) || pkt.Video && !near(got[i].pts, pkt.PTS) {
			t.Errorf("%s: frame %d of %d bytes at %v came as %d bytes at %v", p.name, i, len(pkt.Data), pkt.DTS, len(got[i].data), got[i].dts)
			return
		}
	}
}

var made = map[rtmpout.Codec]published{} // by encoded

// encoded is a codec's track, by an encoder of ffmpeg's.
func encoded(t *testing.T, codec rtmpout.Codec) published {
	t.Helper()
	if p, ok := made[codec]; ok {
		return p
	}
	for _, c := range []struct {
		codec   rtmpout.Codec
		name    string
		video   bool
		encoder string
		options []string
	}{
		{rtmpout.H264, "H264", true, "libx264", []string{"-preset", "ultrafast", "-bf", "2"}},
		{rtmpout.HEVC, "H265", true, "libx265", []string{"-preset", "ultrafast", "-x265-params", "log-level=error:info=0:bframes=2"}},
		{rtmpout.AV1, "AV1", true, "libaom-av1", []string{"-cpu-used", "8", "-usage", "realtime"}},
		{rtmpout.VP9, "VP9", true, "libvpx-vp9", []string{"-deadline", "realtime", "-cpu-used", "8"}},
		{rtmpout.AAC, "MPEG4Audio", false, "aac", nil},
		{rtmpout.MP3, "MPEG1Audio", false, "libmp3lame", nil},
		{rtmpout.Opus, "Opus", false, "libopus", nil},
		{rtmpout.FLAC, "FLAC", false, "flac", nil},
		{rtmpout.AC3, "AC3", false, "ac3", nil},
		{rtmpout.EAC3, "EAC3", false, "eac3", nil},
	} {
		if c.codec == codec {
			track, err := clip.Encode(c.video, c.encoder, c.options...)
			if err != nil {
				t.Fatal(err)
			}
			if codec == rtmpout.VP9 { // ffprobe does not show it: version 1, profile 0, level 1.1, 8 bit 4:2:0
				track.Config = []byte{1, 0, 0, 0, 0, 11, 0x82, 1, 1, 1, 0, 0}
			}
			made[codec] = published{codec, c.name, track}
			return made[codec]
		}
	}
	t.Fatalf("no encoder for %s", codec)
	return published{}
}

// M3 M4 N15: gortmplib's server understands H.264 with B-frames and AAC, byte for byte.
func TestM3GortmplibServer(t *testing.T) {
	understands(t, []published{encoded(t, rtmpout.H264)}, []published{encoded(t, rtmpout.AAC)})
}

// E1 E2 E3 A1: gortmplib's server understands HEVC with B-frames, AV1, VP9, Opus and
// AC-3 in the enhanced form, byte for byte.
func TestE1GortmplibServer(t *testing.T) {
	for _, c := range []struct{ video, audio rtmpout.Codec }{
		{rtmpout.HEVC, rtmpout.AC3}, {rtmpout.AV1, rtmpout.Opus}, {rtmpout.VP9, rtmpout.MP3},
	} {
		t.Run(string(c.video)+" "+string(c.audio), func(t *testing.T) {
			understands(t, []published{encoded(t, c.video)}, []published{encoded(t, c.audio)})
		})
	}
}

// E7: gortmplib's server understands further tracks, of any codec, byte for byte. They
// are forced, as it takes them but does not say so.
func TestE7GortmplibServer(t *testing.T) {
	understands(t,
		[]published{encoded(t, rtmpout.H264), encoded(t, rtmpout.HEVC), encoded(t, rtmpout.AV1)},
		[]published{encoded(t, rtmpout.AAC), encoded(t, rtmpout.Opus), encoded(t, rtmpout.AC3)})
}

type receiver struct {
	mu   sync.Mutex
	n    map[uint8]int
	done chan error
}

func (r *receiver) Message(m rtmptest.Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n[m.Type]++
	return nil
}

func (r *receiver) End(err error) { r.done <- err }

// The server of rtmptest is checked with gortmplib as a client.
func TestGortmplibPublishesToTestServer(t *testing.T) {
	r := &receiver{n: map[uint8]int{}, done: make(chan error, 1)}
	srv, err := rtmptest.Listen(rtmptest.Config{Publish: func(rtmptest.Publication) (rtmptest.Receiver, error) { return r, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	u, _ := url.Parse(srv.URL("app") + "/key")
	client := &gortmplib.Client{URL: u, Publish: true}
	if err := client.Initialize(t.Context()); err != nil {
		t.Fatal(err)
	}
	audio := &gortmplib.Track{Codec: &codecs.MPEG4Audio{Config: &mpeg4audio.AudioSpecificConfig{Type: 2, SampleRate: 48000, ChannelCount: 2}}}
	w := &gortmplib.Writer{Conn: client, Tracks: []*gortmplib.Track{audio}}
	if err := w.Initialize(); err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		if err := w.WriteMPEG4Audio(audio, time.Duration(i)*21*time.Millisecond, make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
	}
	client.Close()
	<-r.done // gortmplib says no goodbye
	if r.n[rtmptest.TypeAudio] != 51 {
		t.Errorf("%v", r.n)
	}
}
