package testcard

import (
	"image"
	"math"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

var bold, regular, mono = mustParse(gobold.TTF), mustParse(goregular.TTF), mustParse(gomonobold.TTF)

// mustParse is for the fonts that are compiled in.
func mustParse(ttf []byte) *opentype.Font {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic("testcard: built-in font: " + err.Error())
	}
	return f
}

// fontFace is f at a size in pixels.
func fontFace(f *opentype.Font, size float64) font.Face {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: max(size, 1), DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic("testcard: built-in font: " + err.Error())
	}
	return face
}

func toFixed(v float64) fixed.Int26_6 { return fixed.Int26_6(math.Round(v * 64)) }

// capHeight is how high a capital stands, in pixels.
func capHeight(face font.Face) float64 { return float64(face.Metrics().CapHeight) / 64 }

// numerals are the characters of a running number, as luma ready to be copied
// into the picture, all of the same width.
type numerals struct {
	width, height int
	cell          [256][]byte
}

// newNumerals draws the digits and ":." at a size in pixels, ground and ink in luma.
func newNumerals(size float64, ground, ink byte) *numerals {
	face := fontFace(mono, size)
	advance, _ := face.GlyphAdvance('0')
	n := &numerals{width: max(advance.Ceil(), 1), height: max(int(math.Ceil(capHeight(face)*1.2)), 1)}
	for _, r := range "0123456789:." {
		mask := image.NewAlpha(image.Rect(0, 0, n.width, n.height))
		d := font.Drawer{Dst: mask, Src: image.Opaque, Face: face}
		d.Dot.Y = toFixed(float64(n.height) - capHeight(face)*0.1)
		d.DrawString(string(r))
		cell := make([]byte, n.width*n.height)
		for i := range cell {
			a := int(mask.Pix[i])
			cell[i] = byte((int(ground)*(255-a) + int(ink)*a + 127) / 255)
		}
		n.cell[r] = cell
	}
	return n
}

// write copies text to the luma of a picture, its upper left corner at x, y.
// What does not fit is left out.
func (n *numerals) write(luma []byte, stride, width, height, x, y int, text []byte) {
	if y < 0 || y+n.height > height {
		return
	}
	for _, c := range text {
		cell := n.cell[c]
		if cell != nil && x >= 0 && x+n.width <= width {
			for row := range n.height {
				copy(luma[(y+row)*stride+x:], cell[row*n.width:(row+1)*n.width])
			}
		}
		x += n.width
	}
}
