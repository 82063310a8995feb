package interop

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// lal is a running lalserver, which records what is published to it into dir.
type lal struct{ url, dir string }

func startLal(t *testing.T) lal {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "lalserver")
	if out, err := exec.Command("go", "build", "-o", binary, "github.com/q191201771/lal/app/lalserver").CombinedOutput(); err != nil {
		t.Fatalf("building lal: %v: %s", err, out)
	}
	address, err := rtmptest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	conf := fmt.Sprintf(`{"conf_version":"v0.4.1","rtmp":{"enable":true,"addr":"%s","gop_num":10,"single_gop_max_frame_num":0},
"in_session":{"add_dummy_audio_enable":false},"default_http":{},"httpflv":{"enable":false},"hls":{"enable":false},"httpts":{"enable":false},
"rtsp":{"enable":false},"record":{"enable_flv":true,"flv_out_path":"%s/","enable_mpegts":true,"mpegts_out_path":"%s/"},
"relay_push":{"enable":false},"static_relay_pull":{"enable":false},"http_api":{"enable":false},"server_id":"1","http_notify":{"enable":false},
"pprof":{"enable":false},"log":{"level":1,"filename":"%s/lal.log","is_to_stdout":false},"debug":{}}`, address, dir, dir, dir)
	path := filepath.Join(dir, "lal.json")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	server := exec.Command(binary, "-c", path)
	server.Dir = dir
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
		if log, err := os.ReadFile(dir + "/lal.log"); err == nil && t.Failed() {
			t.Logf("lal:\n%s", log)
		}
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return lal{"rtmp://" + address + "/live", dir}
		}
		if time.Now().After(deadline) {
			t.Fatal("lal does not listen")
		}
	}
}

// recording is the file of that kind that lal has made.
func (l lal) recording(t *testing.T, ending string) string {
	t.Helper()
	time.Sleep(300 * time.Millisecond)
	files, _ := filepath.Glob(l.dir + "/*" + ending)
	if len(files) != 1 {
		t.Fatalf("recordings %v", files)
	}
	return files[0]
}

// decodes checks that ffmpeg finds no fault in a file and that it has n frames of a
// codec.
func decodes(t *testing.T, path, codec string, n int) {
	t.Helper()
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("decoding: %v %s", err, out)
	}
	out, _ := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=codec_name,nb_read_packets", "-of", "csv=p=0", path).CombinedOutput()
	if want := fmt.Sprintf("%s,%d", codec, n); !strings.Contains(string(out), want) {
		t.Errorf("ffprobe: %s, want %s", out, want)
	}
}

// F4 S1 N19: lal takes the stream, acknowledges, sees an orderly end, and serves what
// was sent.
func TestF4Lal(t *testing.T) {
	l := startLal(t)
	c := mediaClip(t)
	p := dial(t, l.url, options(c))
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
	decodes(t, l.recording(t, ".flv"), "h264", 840)
}

// E1 E2: lal understands HEVC in the enhanced form: what it makes of it is decoded
// without a fault.
func TestE1Lal(t *testing.T) {
	l := startLal(t)
	video := encoded(t, rtmpout.HEVC)
	publish(t, l.url, []published{video}, []published{encoded(t, rtmpout.AAC)})
	decodes(t, l.recording(t, ".ts"), "hevc", len(video.Packets))
}

// A1: lal hands on FLAC and E-AC-3, which gortmplib does not take as the specification
// has them, byte for byte.
func TestA1Lal(t *testing.T) {
	l := startLal(t)
	for _, codec := range []rtmpout.Codec{rtmpout.FLAC, rtmpout.EAC3} {
		t.Run(string(codec), func(t *testing.T) {
			audio := encoded(t, codec)
			publish(t, l.url, []published{encoded(t, rtmpout.H264)}, []published{audio})
			file := l.recording(t, ".flv")
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			os.Remove(file) // to find the next one
			var start []byte
			var got []unit
			for tag := range flvTags(b) {
				if tag.kind != 8 || len(tag.body) < 5 || string(tag.body[1:5]) != string(codec) {
					continue
				}
				switch tag.body[0] {
				case 0x90:
					start = tag.body[5:]
				case 0x91:
					got = append(got, unit{tag.at, tag.at, tag.body[5:]})
				}
			}
			want := []byte{}
			if codec == rtmpout.FLAC {
				want = append([]byte("fLaC\x80\x00\x00\x22"), audio.Config...)
			}
			if start == nil || !bytes.Equal(start, want) {
				t.Errorf("sequence start %x, want %x", start, want)
			}
			audio.compare(t, got)
		})
	}
}

type flvTag struct {
	kind byte
	at   time.Duration
	body []byte
}

// flvTags reads a file (FLV 10.1 Annex E).
func flvTags(b []byte) func(yield func(flvTag) bool) {
	return func(yield func(flvTag) bool) {
		for b := b[13:]; len(b) > 15; {
			size := int(b[1])<<16 | int(b[2])<<8 | int(b[3])
			ms := uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
			if !yield(flvTag{b[0], time.Duration(ms) * time.Millisecond, b[11 : 11+size]}) {
				return
			}
			b = b[11+size+4:]
		}
	}
}
