package encoder_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/libav"
	"tally/encoder"
)

// TestAsGoodAsFFmpeg encodes the same film with Tally's encoder and with the ffmpeg
// command at the same preset and bitrate, and compares both with the film.
func TestAsGoodAsFFmpeg(t *testing.T) {
	const width, height, fps, seconds, bitrate = 480, 270, 30, 8, 700_000
	dir := t.TempDir()
	film, ours, theirs := filepath.Join(dir, "film.yuv"), filepath.Join(dir, "tally.mkv"), filepath.Join(dir, "ffmpeg.mkv")
	raw := []string{"-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", width, height), "-r", strconv.Itoa(fps), "-i", film}
	ffmpeg(t, "-f", "lavfi", "-i", fmt.Sprintf("mandelbrot=size=%dx%d:rate=%d,noise=alls=6:allf=t+u,format=yuv420p", width, height, fps),
		"-t", strconv.Itoa(seconds), "-f", "rawvideo", "-y", film)
	ffmpeg(t, append(raw, "-c:v", "libx264", "-preset", "veryfast", "-b:v", strconv.Itoa(bitrate), "-maxrate", strconv.Itoa(bitrate),
		"-bufsize", strconv.Itoa(bitrate), "-g", strconv.Itoa(2*fps), "-y", theirs)...)
	encodeFile(t, film, ours, encoder.VideoParams{Width: width, Height: height, FPS: fps, Bitrate: bitrate, Encoder: "x264"})
	quality := func(path string) (psnr, kbps float64) {
		out := ffmpeg(t, append([]string{"-i", path}, append(raw, "-lavfi", "[0:v][1:v]psnr", "-f", "null", "-")...)...)
		found := regexp.MustCompile(`average:([0-9.]+)`).FindStringSubmatch(out)
		info, err := os.Stat(path)
		if found == nil || err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		psnr, _ = strconv.ParseFloat(found[1], 64)
		return psnr, float64(info.Size()) * 8 / seconds / 1000
	}
	p1, k1 := quality(ours)
	p2, k2 := quality(theirs)
	t.Logf("tally %.3f dB at %.0f kbit/s, ffmpeg %.3f dB at %.0f kbit/s", p1, k1, p2, k2)
	if p1 < p2-0.05 || k1 > 1.03*k2 {
		t.Errorf("tally is %.3f dB worse", p2-p1)
	}
}

func ffmpeg(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("ffmpeg", append([]string{"-nostdin", "-hide_banner", "-v", "info", "-nostats"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ffmpeg: %v: %s", err, out)
	}
	return string(out)
}

// encodeFile encodes a file of raw pictures into Matroska.
func encodeFile(t *testing.T, from, to string, p encoder.VideoParams) {
	t.Helper()
	v, err := encoder.OpenVideo(p)
	if err != nil {
		t.Fatal(err)
	}
	defer v.Close()
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c := v.Config()
	m, err := libav.NewMuxer(out, libav.MuxSetup{Format: "matroska", Video: &libav.VideoTrack{
		Codec: string(c.Codec), Width: c.Width, Height: c.Height, FPS: c.FPS, Bitrate: c.Bitrate, Record: c.Record,
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	emit := func(k *encoder.Packet) {
		if err := m.Write(true, k.Data, k.PTS, k.DTS, k.Duration, k.Key); err != nil {
			t.Error(err)
		}
		k.Release()
	}
	for n := 0; ; n++ {
		data := make([]byte, capture.I420.Bytes(p.Width, p.Height))
		if _, err := io.ReadFull(in, data); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		f := capture.NewFrame(capture.I420, p.Width, p.Height, data)
		f.PTS = time.Second + time.Duration(n)*time.Second/time.Duration(p.FPS)
		if err := v.Encode(f, emit); err != nil {
			t.Fatal(err)
		}
	}
	if err := v.Flush(emit); err != nil {
		t.Fatal(err)
	}
	if err := m.Finish(); err != nil {
		t.Fatal(err)
	}
}
