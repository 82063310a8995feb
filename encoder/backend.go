package encoder

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"tally/capture/libav"
	"tally/encoder/internal/fault"
)

// backend is one of libavcodec's encoders and how Tally uses it.
type backend struct {
	codec    Codec
	name     string // libavcodec's
	public   string // ours, where that is another
	hardware bool   // may fail at any time
	system   string // GOOS, or empty for any
	found    func() bool
	memory   libav.Device
	borrows  bool // see libav.VideoSetup
	fixed    bool // ignores a new bitrate while it runs
	counts   bool // sets key frames by itself, each KeyInterval × FPS pictures, and never when asked
	threads  func(VideoParams) int
	options  func(VideoParams) []string
	open     func(libav.VideoSetup) (fault.Coder, error)
}

// backends in the order in which "auto" tries them.
var backends = []backend{
	{codec: H264, name: "h264_videotoolbox", hardware: true, system: "darwin", fixed: true, options: videoToolbox},
	{codec: H264, name: "h264_mf", hardware: true, system: "windows", fixed: true, options: mediaFoundation},
	{codec: H264, name: "h264_nvenc", hardware: true, found: files("/dev/nvidia[0-9]*"), options: nvenc},
	{codec: H264, name: "h264_vaapi", hardware: true, system: "linux", found: files(renderers), memory: libav.VAAPI, fixed: true, options: vaapi},
	{codec: H264, name: "h264_qsv", hardware: true, system: "linux", found: files(renderers), fixed: true, options: qsv},
	{codec: H264, name: "h264_v4l2m2m", hardware: true, system: "linux", found: v4l2Encoder, fixed: true, options: v4l2},
	{codec: H264, name: "libx264", public: "x264", borrows: true, threads: threads, options: x264},

	{codec: HEVC, name: "hevc_videotoolbox", hardware: true, system: "darwin", fixed: true, options: videoToolboxHEVC},
	{codec: HEVC, name: "hevc_mf", hardware: true, system: "windows", fixed: true, options: mediaFoundation},
	{codec: HEVC, name: "hevc_nvenc", hardware: true, found: files("/dev/nvidia[0-9]*"), options: nvenc},
	{codec: HEVC, name: "hevc_vaapi", hardware: true, system: "linux", found: files(renderers), memory: libav.VAAPI, fixed: true, options: vaapi},
	{codec: HEVC, name: "hevc_qsv", hardware: true, system: "linux", found: files(renderers), fixed: true, options: qsv},
	{codec: HEVC, name: "hevc_v4l2m2m", hardware: true, system: "linux", found: v4l2Encoder, fixed: true, options: v4l2},
	{codec: HEVC, name: "libx265", public: "x265", borrows: true, fixed: true, options: x265},

	{codec: AV1, name: "av1_nvenc", hardware: true, found: files("/dev/nvidia[0-9]*"), options: nvencAV1},
	{codec: AV1, name: "av1_vaapi", hardware: true, system: "linux", found: files(renderers), memory: libav.VAAPI, fixed: true, options: vaapi},
	{codec: AV1, name: "av1_qsv", hardware: true, system: "linux", found: files(renderers), fixed: true, options: qsv},
	{codec: AV1, name: "libsvtav1", public: "svt-av1", borrows: true, fixed: true, counts: true, options: svtAV1},
}

const renderers = "/dev/dri/renderD*"

// files tells whether there is a file of that pattern, which is ours and well formed.
func files(pattern string) func() bool {
	return func() bool {
		found, _ := filepath.Glob(pattern)
		return found != nil
	}
}

// v4l2Encoder tells whether a V4L2 device is called as encoders are. Without one,
// libavcodec would open every camera to find out.
func v4l2Encoder() bool {
	names, _ := filepath.Glob("/sys/class/video4linux/video*/name")
	return slices.ContainsFunc(names, func(file string) bool {
		name, _ := os.ReadFile(file)
		s := strings.ToLower(string(name))
		return strings.Contains(s, "enc") || strings.Contains(s, "codec")
	})
}

// Encoders lists the names that [VideoParams.Encoder] can have here: those whose
// device this machine has and that its FFmpeg knows. That a hardware encoder
// works is only known once it was opened.
func Encoders(c Codec) []string {
	names := []string{"auto"}
	for _, b := range present(c) {
		names = append(names, b.called())
	}
	return names
}

// called is the name for people.
func (b backend) called() string {
	if b.public != "" {
		return b.public
	}
	return b.name
}

func present(c Codec) []backend {
	var have []backend
	for _, b := range backends {
		if b.codec == c && (b.system == "" || b.system == runtime.GOOS) && (b.found == nil || b.found()) && libav.HasEncoder(b.name) {
			have = append(have, b)
		}
	}
	if open := fault.Hardware.Load(); open != nil && c == H264 {
		have = slices.Insert(have, 0, backend{codec: H264, name: fault.Name, hardware: true, borrows: true, threads: threads, options: x264, open: *open})
	}
	return have
}

// software is the codec's encoder that needs no device; empty when this FFmpeg has
// none.
func software(c Codec) string {
	for _, b := range present(c) {
		if !b.hardware {
			return b.called()
		}
	}
	return ""
}

// choose opens the encoder that p asks for. Hardware is tried first with a few
// pictures that nobody sees.
func choose(p VideoParams) (*engine, error) {
	var last error = &UnknownEncoderError{Name: p.Encoder, Codec: p.Codec, Have: Encoders(p.Codec)}
	for _, b := range present(p.Codec) {
		if p.Encoder != "auto" && p.Encoder != b.name && p.Encoder != b.called() {
			continue
		}
		var e *engine
		if e, last = b.openTried(p); last == nil || p.Encoder != "auto" {
			return e, last
		}
	}
	return nil, last
}
