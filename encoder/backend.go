package encoder

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// backend is one of libavcodec's H.264 encoders and how Tally uses it.
type backend struct {
	name    string // libavcodec's
	system  string // GOOS, or empty for any
	device  string // a pattern of files, of which one must exist; empty for none
	memory  libav.Device
	borrows bool // see libav.VideoSetup
	fixed   bool // ignores a new bitrate while it runs
	options func(VideoParams) []string
}

// backends in the order in which "auto" tries them.
var backends = []backend{
	{name: "h264_videotoolbox", system: "darwin", fixed: true, options: videoToolbox},
	{name: "h264_nvenc", device: "/dev/nvidia[0-9]*", options: nvenc},
	{name: "h264_vaapi", system: "linux", device: "/dev/dri/renderD*", memory: libav.VAAPI, fixed: true, options: vaapi},
	{name: "h264_qsv", system: "linux", device: "/dev/dri/renderD*", fixed: true, options: qsv},
	{name: "libx264", borrows: true, options: x264},
}

// Encoders lists the names that [VideoParams.Encoder] can have here: those whose
// device this machine has and that its FFmpeg knows. That a hardware encoder
// works is only known once it was opened.
func Encoders() []string {
	names := []string{"auto"}
	for _, b := range present() {
		names = append(names, b.public())
	}
	return names
}

// software is the encoder that is always there.
const software = "x264"

func (b backend) public() string {
	if b.name == "libx264" {
		return software
	}
	return b.name
}

func (b backend) hardware() bool { return b.device != "" || b.system != "" }

func present() []backend {
	return slices.DeleteFunc(slices.Clone(backends), func(b backend) bool {
		if b.system != "" && b.system != runtime.GOOS || !libav.HasEncoder(b.name) {
			return true
		}
		found, _ := filepath.Glob(b.device) // the patterns are ours and well formed
		return b.device != "" && found == nil
	})
}

// open opens the encoder that p asks for, and says which one that is.
func open(p VideoParams) (*libav.VideoEncoder, backend, error) {
	have := present()
	if p.Encoder != "auto" {
		for _, b := range have {
			if p.Encoder == b.name || p.Encoder == b.public() {
				enc, err := b.open(p)
				return enc, b, err
			}
		}
		return nil, backend{}, &UnknownEncoderError{Name: p.Encoder, Have: Encoders()}
	}
	var last error = &UnknownEncoderError{Name: "auto", Have: Encoders()}
	for _, b := range have {
		if b.hardware() {
			if last = b.dryRun(p); last != nil {
				continue
			}
		}
		enc, err := b.open(p)
		if err == nil {
			return enc, b, nil
		}
		last = err
	}
	return nil, backend{}, last
}

func (b backend) open(p VideoParams) (*libav.VideoEncoder, error) {
	enc, err := libav.OpenVideo(libav.VideoSetup{
		Codec: b.name, Width: p.Width, Height: p.Height, FPS: p.FPS,
		Bitrate: p.Bitrate, VBV: vbv(p.Bitrate),
		KeyInterval: 2 * framesIn(p.KeyInterval, p.FPS), // Video asks for key frames by the clock; this only bounds it
		Threads:     threads(p), Borrows: b.borrows, Device: b.memory, Options: b.options(p),
	})
	if err != nil {
		return nil, fmt.Errorf("encoder: open %s: %w", b.name, err)
	}
	return enc, nil
}

// dryRun finds out whether the hardware does what its driver promises.
func (b backend) dryRun(p VideoParams) error {
	enc, err := b.open(p)
	if err != nil {
		return err
	}
	defer enc.Close()
	const frames = 5
	f := capture.NewFramePool(capture.I420, p.Width, p.Height).Get()
	for n := range frames {
		if err := enc.Send(f, int64(n)*int64(time.Second)/int64(p.FPS), n == 0); err != nil {
			return fmt.Errorf("encoder: try %s: %w", b.name, err)
		}
	}
	if err := enc.Drain(); err != nil {
		return fmt.Errorf("encoder: try %s: %w", b.name, err)
	}
	var pkt libav.Packet
	for n := 0; ; n++ {
		more, err := enc.Receive(&pkt)
		if err != nil {
			return fmt.Errorf("encoder: try %s: %w", b.name, err)
		}
		if !more {
			if n != frames {
				return fmt.Errorf("encoder: try %s: %d pictures became %d packets", b.name, frames, n)
			}
			return nil
		}
	}
}

// vbv is the size of the buffer that the bitrate is held in: one second.
func vbv(bitrate int) int { return bitrate }

func framesIn(d time.Duration, fps int) int {
	return max(1, int((d*time.Duration(fps)+time.Second/2)/time.Second))
}

func nvenc(p VideoParams) []string {
	if p.LowLatency {
		return []string{"preset=p3", "tune=ull", "rc=cbr", "bf=0", "forced-idr=1", "no-scenecut=1", "zerolatency=1", "delay=0"}
	}
	return []string{"preset=p4", "tune=hq", "rc=cbr", "bf=0", "forced-idr=1", "no-scenecut=1"}
}

func vaapi(p VideoParams) []string {
	if p.LowLatency {
		return []string{"rc_mode=CBR", "bf=0", "async_depth=1"}
	}
	return []string{"rc_mode=CBR", "bf=0"}
}

func qsv(p VideoParams) []string {
	if p.LowLatency {
		return []string{"preset=veryfast", "bf=0", "forced_idr=1", "async_depth=1"}
	}
	return []string{"preset=veryfast", "bf=0", "forced_idr=1"}
}

func videoToolbox(p VideoParams) []string {
	return []string{"realtime=1", "bf=0", "profile=high"}
}
