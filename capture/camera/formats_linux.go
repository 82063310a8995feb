package camera

import (
	"slices"

	"github.com/pion/mediadevices/pkg/frame"

	"tally/capture"
)

// byFourCC are the formats that are passed on, out of V4L2's many.
var byFourCC = map[uint32]capture.PixelFormat{
	code("YU12"): capture.I420,
	code("NV12"): capture.NV12,
	code("NV21"): capture.NV21,
	code("YUYV"): capture.YUYV,
	code("UYVY"): capture.UYVY,
	code("MJPG"): capture.MJPEG,
	code("JPEG"): capture.MJPEG,
}

func code(s string) uint32 {
	return uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24
}

// fourCC is the first choice for a format; JPEG stands behind MJPG.
func fourCC(f capture.PixelFormat) uint32 {
	for _, c := range []string{"YU12", "NV12", "NV21", "YUYV", "UYVY", "MJPG"} {
		if byFourCC[code(c)] == f {
			return code(c)
		}
	}
	return 0
}

// formatByName finds a format by mediadevices' name for it, which is this project's too.
func formatByName(name frame.Format) (capture.PixelFormat, bool) {
	for _, p := range byFourCC {
		if p.String() == string(name) {
			return p, true
		}
	}
	return 0, false
}

// Of devices that scale to any size, or have any rate, these are offered.
var (
	usualSizes = [][2]uint32{
		{3840, 2160},
		{2560, 1440},
		{1920, 1200},
		{1920, 1080},
		{1600, 1200},
		{1600, 900},
		{1280, 960},
		{1280, 800},
		{1280, 720},
		{1024, 768},
		{1024, 576},
		{960, 540},
		{854, 480},
		{848, 480},
		{800, 600},
		{720, 576},
		{720, 480},
		{640, 480},
		{640, 360},
		{480, 270},
		{432, 240},
		{352, 288},
		{320, 240},
		{320, 180},
		{176, 144},
		{160, 120},
	}
	usualRates = []float64{120, 60, 50, 30, 25, 24, 20, 15, 10, 5}
)

// formatsKept bounds what a strange device may list.
const formatsKept = 1024

// formats lists what the camera offers of the known formats, at its own sizes and rates.
func (n node) formats() []capture.Format {
	var all []capture.Format
	var seen []capture.PixelFormat
	for _, pixel := range n.pixelFormats() {
		format, known := byFourCC[pixel]
		if !known || slices.Contains(seen, format) || pixel != fourCC(format) && slices.Contains(n.pixelFormats(), fourCC(format)) {
			continue
		}
		seen = append(seen, format)
		for _, size := range n.usableSizes(pixel) {
			for _, rate := range n.usableRates(pixel, size) {
				if len(all) >= formatsKept {
					return all
				}
				all = append(all, capture.Format{Pixel: format.String(), Width: int(size[0]), Height: int(size[1]), FPS: rate})
			}
		}
	}
	return all
}

func (n node) usableSizes(pixel uint32) (all [][2]uint32) {
	for _, s := range n.sizes(pixel) {
		if s[0].min == s[0].max && s[1].min == s[1].max {
			all = append(all, [2]uint32{s[0].min, s[1].min})
			continue
		}
		for _, size := range usualSizes {
			if s[0].has(size[0]) && s[1].has(size[1]) {
				all = append(all, size)
			}
		}
	}
	return all
}

// usableRates is at least {0}: a rate that the driver does not tell.
func (n node) usableRates(pixel uint32, size [2]uint32) []float64 {
	rates, isRange := n.rates(pixel, size[0], size[1])
	if isRange {
		low, high := rates[0], rates[1]
		rates = nil
		for _, r := range usualRates {
			if r >= low-0.01 && r <= high+0.01 {
				rates = append(rates, r)
			}
		}
		if len(rates) == 0 {
			rates = []float64{high}
		}
	}
	if len(rates) == 0 {
		return []float64{0}
	}
	return rates
}

// Values of struct v4l2_pix_format, from linux/videodev2.h.
const (
	colorspaceRec709 = 3
	colorspaceJPEG   = 7
	colorspaceDCIP3  = 12
	encoding601      = 1
	encoding709      = 2
	encodingXV709    = 4
	quantizationFull = 1
	quantizationLim  = 2
)

// color follows the header's V4L2_MAP_YCBCR_ENC_DEFAULT and V4L2_MAP_QUANTIZATION_DEFAULT.
func (s shape) color() capture.Color {
	hd := s.encoding == encoding709 || s.encoding == encodingXV709 ||
		s.encoding == 0 && (s.colorspace == colorspaceRec709 || s.colorspace == colorspaceDCIP3)
	full := s.quantization == quantizationFull || s.quantization == 0 && s.colorspace == colorspaceJPEG
	if f := byFourCC[s.pixel]; f == capture.MJPEG && s.quantization != quantizationLim {
		full = true
	}
	switch {
	case hd && full:
		return capture.BT709Full
	case hd:
		return capture.BT709Limited
	case full:
		return capture.BT601Full
	}
	return capture.BT601Limited
}
