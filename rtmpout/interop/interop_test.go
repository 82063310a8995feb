package interop

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/codecs"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"

	"tally/rtmpout"
	"tally/rtmpout/internal/clip"
	"tally/rtmpout/rtmptest"
)

var makeClip = sync.OnceValues(clip.Make)

func mediaClip(t *testing.T) *clip.Clip {
	t.Helper()
	c, err := makeClip()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(c *clip.Clip) rtmpout.Options {
	return rtmpout.Options{
		Video: &rtmpout.VideoTrack{Config: c.AVCC, Width: 320, Height: 180, FPS: 30},
		Audio: &rtmpout.AudioTrack{Config: c.ASC, Rate: 48000, Channels: 2},
	}
}

func dial(t *testing.T, server string, o rtmpout.Options) *rtmpout.Publisher {
	t.Helper()
	target, err := rtmpout.ParseTarget(server, "key")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	p, err := rtmpout.Dial(ctx, target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Abort(); <-p.Done() })
	return p
}

// send writes the clip n times, one after the other.
func send(t *testing.T, p *rtmpout.Publisher, c *clip.Clip, n int) {
	t.Helper()
	for i := range n {
		shift := time.Duration(i) * (c.Length + 33*time.Millisecond)
		for _, pkt := range c.Packets {
			write := p.WriteAudio
			if pkt.Video {
				write = p.WriteVideo
			}
			if err := write(rtmpout.Packet{DTS: shift + pkt.DTS, PTS: shift + pkt.PTS, Key: pkt.Key, Data: pkt.Data}); err != nil {
				t.Fatal(err)
			}
			for p.Stats().QueueBytes > 200<<10 {
				time.Sleep(time.Millisecond)
			}
		}
	}
}

// counted is what gortmplib's server understood of a publication.
type counted struct {
	tracks  []string
	packets map[string]int
	err     error
}

// gortmpServer takes one publication.
func gortmpServer(t *testing.T) (string, chan counted) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	result := make(chan counted, 1)
	go func() {
		c := counted{packets: map[string]int{}}
		defer func() { result <- c }()
		conn, err := l.Accept()
		if err != nil {
			c.err = err
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(15 * time.Second))
		sc := &gortmplib.ServerConn{RW: conn}
		if c.err = sc.Initialize(); c.err != nil {
			return
		}
		if c.err = sc.Accept(); c.err != nil {
			return
		}
		r := &gortmplib.Reader{Conn: sc}
		if c.err = r.Initialize(); c.err != nil {
			return
		}
		for _, track := range r.Tracks() {
			name := strings.TrimPrefix(fmt.Sprintf("%T", track.Codec), "*codecs.")
			c.tracks = append(c.tracks, name)
			count := func() { c.packets[name]++ }
			switch track.Codec.(type) {
			case *codecs.H264:
				r.OnDataH264(track, func(_, _ time.Duration, _ [][]byte) { count() })
			case *codecs.MPEG4Audio:
				r.OnDataMPEG4Audio(track, func(time.Duration, []byte) { count() })
			case *codecs.Opus:
				r.OnDataOpus(track, func(time.Duration, []byte) { count() })
			case *codecs.VP9:
				r.OnDataVP9(track, func(time.Duration, []byte) { count() })
			}
		}
		for {
			if err := r.Read(); err != nil {
				return // the end
			}
		}
	}()
	return "rtmp://" + l.Addr().String() + "/app", result
}

// M3 M4 N15: gortmplib's server understands H.264 and AAC, all of it.
func TestM3GortmplibServer(t *testing.T) {
	server, result := gortmpServer(t)
	c := mediaClip(t)
	p := dial(t, server, options(c))
	send(t, p, c, 1)
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	got := <-result
	video, audio := 0, 0
	for _, pkt := range c.Packets {
		if pkt.Video {
			video++
		} else {
			audio++
		}
	}
	// It hands out the configuration as an access unit of its own.
	if got.err != nil || got.packets["H264"] != video+1 || got.packets["MPEG4Audio"] != audio {
		t.Errorf("%+v, want %d and %d", got, video, audio)
	}
}

// E1 E2 E3 A1: and VP9 with Opus in the enhanced form.
func TestE1GortmplibServer(t *testing.T) {
	server, result := gortmpServer(t)
	vpcC := []byte{1, 0, 0, 0, 0, 31, 0x82, 1, 1, 1, 0, 0} // version 1, profile 0, level 3.1, 8 bit 4:2:0
	opusHead := []byte("OpusHead\x01\x02\x38\x01\x80\xbb\x00\x00\x00\x00\x00")
	p := dial(t, server, rtmpout.Options{
		Video: &rtmpout.VideoTrack{Codec: rtmpout.VP9, Config: vpcC},
		Audio: &rtmpout.AudioTrack{Codec: rtmpout.Opus, Config: opusHead},
	})
	for i := range 100 {
		at := time.Duration(i) * 33 * time.Millisecond
		if err := p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Key: i == 0, Data: []byte{0x82, 0x49, 0x83, 0x42}}); err != nil {
			t.Fatal(err)
		}
		if err := p.WriteAudio(rtmpout.Packet{DTS: at, Data: []byte{0xfc, 1, 2}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := <-result; got.err != nil || got.packets["VP9"] != 100 || got.packets["Opus"] != 100 {
		t.Errorf("%+v", got)
	}
}

// E7: and a second track, forced, as gortmplib takes it but does not say so.
func TestE7GortmplibServer(t *testing.T) {
	server, result := gortmpServer(t)
	c := mediaClip(t)
	o := options(c)
	o.MoreAudio = []rtmpout.AudioTrack{{Config: c.ASC}}
	o.Assume = rtmpout.CanMultitrack
	p := dial(t, server, o)
	for _, pkt := range c.Packets {
		out := rtmpout.Packet{DTS: pkt.DTS, PTS: pkt.PTS, Key: pkt.Key, Data: pkt.Data}
		if pkt.Video {
			p.WriteVideo(out)
			continue
		}
		p.WriteAudio(out)
		out.Track = 1
		p.WriteAudio(out)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := <-result; got.err != nil || strings.Join(got.tracks, " ") != "H264 MPEG4Audio MPEG4Audio" {
		t.Errorf("%+v", got)
	}
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

// F4 S1 N19: lal takes the stream, acknowledges, sees an orderly end, and serves what
// was sent.
func TestF4Lal(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "lalserver")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/q191201771/lal/app/lalserver").CombinedOutput(); err != nil {
		t.Fatalf("building lal: %v: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	conf := fmt.Sprintf(`{"conf_version":"v0.4.1","rtmp":{"enable":true,"addr":"%s","gop_num":10,"single_gop_max_frame_num":0},
"in_session":{"add_dummy_audio_enable":false},"default_http":{},"httpflv":{"enable":false},"hls":{"enable":false},"httpts":{"enable":false},
"rtsp":{"enable":false},"record":{"enable_flv":true,"flv_out_path":"%s/"},"relay_push":{"enable":false},"static_relay_pull":{"enable":false},
"http_api":{"enable":false},"server_id":"1","http_notify":{"enable":false},"pprof":{"enable":false},
"log":{"level":1,"filename":"%s/lal.log","is_to_stdout":false},"debug":{}}`, address, dir, dir)
	path := filepath.Join(dir, "lal.json")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, "-c", path)
	server.Dir = dir
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { server.Process.Kill(); server.Wait() }()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("lal does not listen")
		}
	}
	c := mediaClip(t)
	p := dial(t, "rtmp://"+address+"/live", options(c))
	send(t, p, c, 7) // lal acknowledges each 2.5 MB, whatever it is asked for
	for deadline := time.Now().Add(2 * time.Second); p.Stats().Acked == 0 && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if s := p.Stats(); s.Acked == 0 || s.AckStyle != rtmpout.AckCumulative {
		t.Errorf("lal has not acknowledged: %+v", s)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	time.Sleep(300 * time.Millisecond)
	files, _ := filepath.Glob(dir + "/*.flv")
	if len(files) != 1 {
		log, _ := os.ReadFile(dir + "/lal.log")
		t.Fatalf("recordings %v\n%s", files, log)
	}
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", files[0], "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("decoding: %v %s", err, out)
	}
	out, _ := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "csv=p=0", files[0]).CombinedOutput()
	if !strings.Contains(string(out), "h264,840") {
		t.Errorf("ffprobe: %s", out)
	}
}
