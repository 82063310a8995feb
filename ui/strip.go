package ui

import (
	"image/color"

	"fyne.io/fyne/v2/theme"
)

// strip is the meter's bar as pixels, BGRA, for a pane. Every row is the same, so
// that a picture of it is two pieces of ready rows, many times over.
type strip struct {
	pix           []byte
	bright, faint []byte // a row of the scale, and the same under the cover
	cover         color.Color
	width, height int
	bar, peak     int // pixels, as painted last
}

// paint draws the bar. It tells whether that changed anything.
func (s *strip) paint(w, h int, b ballistics) bool {
	bar, peak := int(position(b.bar, float32(w))), -2 // nowhere
	if b.peak > meterFloor+1 {
		peak = int(min(position(b.peak, float32(w)), float32(w)-2))
	}
	cover := withAlpha(shade(theme.ColorNameInputBackground), meterCover)
	if s.width == w && s.height == h && s.cover == cover && s.bar == bar && s.peak == peak {
		return false
	}
	if s.width != w || s.height != h || s.cover != cover {
		s.prepare(w, h, cover)
	}
	s.bar, s.peak = bar, peak
	mark := screenPixel(shade(theme.ColorNameForeground))
	for y := range h {
		row := s.pix[4*w*y : 4*w*(y+1)]
		copy(row, s.bright[:4*bar])
		copy(row[4*bar:], s.faint[4*bar:])
		for x := max(peak, 0); x < min(peak+2, w); x++ {
			copy(row[4*x:], mark[:])
		}
	}
	return true
}

func (s *strip) prepare(w, h int, cover color.Color) {
	s.width, s.height, s.cover = w, h, cover
	s.pix, s.bright, s.faint = make([]byte, 4*w*h), make([]byte, 4*w), make([]byte, 4*w)
	scale := paintScale(w, 1)
	over := cover.(color.NRGBA)
	for x := range w {
		c := color.RGBAModel.Convert(scale.At(x, 0)).(color.RGBA)
		bright := screenPixel(c)
		copy(s.bright[4*x:], bright[:])
		faint := screenPixel(mix(c, color.RGBA{over.R, over.G, over.B, 255}, float64(over.A)/255))
		copy(s.faint[4*x:], faint[:])
	}
}

// screenPixel is a colour in the order of a screen.
func screenPixel(c color.Color) [4]byte {
	p := color.NRGBAModel.Convert(c).(color.NRGBA)
	return [4]byte{p.B, p.G, p.R, 255}
}
