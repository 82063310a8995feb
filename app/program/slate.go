package program

import (
	"image"
	"image/color"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"

	"tally/capture"
	"tally/capture/libav"
)

// slate is what viewers see while the source gives nothing: its last picture out
// of focus and dark, so that nobody takes it for a live one, with a sentence on it
// that says what to expect. last may be nil.
func slate(last *capture.Frame, width, height int, says sign) *capture.Frame {
	s := capture.NewFrame(capture.I420, width, height, make([]byte, capture.I420.Bytes(width, height)))
	if last == nil || !blur(s, last) {
		dusk(s)
	}
	dim(s)
	write(s, says)
	return s
}

// blur fills dst with src out of focus, by way of a few pixels.
func blur(dst, src *capture.Frame) bool {
	scaler := libav.NewScaler()
	defer scaler.Close()
	for _, w := range []int{160, 40, 20, 40, 160} {
		h := max(2, w*dst.Height/dst.Width&^1)
		small := capture.NewFrame(capture.I420, w, h, make([]byte, capture.I420.Bytes(w, h)))
		small.Color = src.Color
		if scaler.Scale(small, src) != nil {
			return false
		}
		src = small
	}
	return scaler.Scale(dst, src) == nil
}

// dusk is the picture of a show that has had none yet: dark blue, lighter above.
func dusk(f *capture.Frame) {
	paint(f, 0, 136, 122)
	for y := range f.Height {
		fill(f.Plane[0][y*f.Stride[0]:][:f.Width], byte(150-90*y/f.Height))
	}
}

// dim takes away light and colour.
func dim(f *capture.Frame) {
	for i, p := range f.Plane[0] {
		f.Plane[0][i] = 16 + byte((int(max(p, 16))-16)*2/5)
	}
	for _, plane := range f.Plane[1:] {
		for i, p := range plane {
			plane[i] = byte(128 + (int(p)-128)*2/5)
		}
	}
}

// write puts a line of text into the middle of a picture, white with a soft
// shadow, over a thin line.
func write(f *capture.Frame, says sign) {
	var mask *image.Alpha
	err := says.letters(func(font *opentype.Font) { mask = lettering(font, says.text, f.Width, f.Height) })
	if err != nil || mask == nil {
		return
	}
	w, h := mask.Rect.Dx(), mask.Rect.Dy()
	x0, y0 := (f.Width-w)/2, (f.Height-h)/2
	blend := func(x, y int, value, share int) {
		if x < 0 || y < 0 || x >= f.Width || y >= f.Height {
			return
		}
		mix := func(p *byte, value int) { *p = byte((int(*p)*(255-share) + value*share) / 255) }
		mix(&f.Plane[0][y*f.Stride[0]+x], value)
		for i := 1; i < 3 && x&y&1 == 1; i++ { // white has no colour
			mix(&f.Plane[i][y/2*f.Stride[i]+x/2], 128)
		}
	}
	drop := max(1, f.Height/360)
	for pass := range 2 {
		for y := range h {
			for x := range w {
				share := int(mask.AlphaAt(x, y).A)
				switch {
				case share == 0:
				case pass == 0:
					blend(x0+x+drop, y0+y+drop, 16, share/2)
				default:
					blend(x0+x, y0+y, 235, share)
				}
			}
		}
	}
	rule := max(1, f.Height/240)
	for y := range rule {
		for x := range f.Width / 12 {
			blend(f.Width/2-f.Width/24+x, y0+h+f.Height/36+y, 235, 150)
		}
	}
}

// lettering draws a line of text, as large as fits well; nil when there is none.
func lettering(letters *opentype.Font, text string, width, height int) *image.Alpha {
	if text == "" {
		return nil
	}
	for size := float64(height) / 14; size >= 6; size *= 0.9 {
		face, err := opentype.NewFace(letters, &opentype.FaceOptions{Size: size, DPI: 72})
		if err != nil {
			return nil
		}
		long := font.MeasureString(face, text).Ceil()
		if long > width*9/10 {
			_ = face.Close()
			continue
		}
		m := face.Metrics()
		mask := image.NewAlpha(image.Rect(0, 0, long, (m.Ascent + m.Descent).Ceil()))
		d := font.Drawer{Dst: mask, Src: image.NewUniform(color.Alpha{A: 255}), Face: face, Dot: fixed.Point26_6{Y: m.Ascent}}
		d.DrawString(text)
		_ = face.Close()
		return mask
	}
	return nil
}
