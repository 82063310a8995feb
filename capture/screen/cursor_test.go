package screen

import (
	"image"
	"testing"
)

// TestCursorIsClipped draws a cursor over each edge and corner of a picture, and far off.
func TestCursorIsClipped(t *testing.T) {
	c := cursor{pixels: make([]uint32, 64), width: 8, height: 8, hot: image.Pt(3, 3), over: true}
	for i := range c.pixels {
		c.pixels[i] = 0xFFFFFFFF
	}
	area := image.Rect(100, 200, 116, 212)
	for y := 180; y < 230; y++ {
		for x := 80; x < 140; x++ {
			pix := make([]byte, 16*12*4)
			c.at = image.Pt(x, y)
			c.drawInto(pix, 16*4, area)
			white := 0
			for i := 0; i < len(pix); i += 4 {
				if pix[i] == 255 {
					white++
				}
			}
			part := c.bounds().Intersect(area)
			if white != part.Dx()*part.Dy() {
				t.Fatalf("at %v: %d pixels, want %v", c.at, white, part)
			}
		}
	}
}

func TestCursorIsBlended(t *testing.T) {
	// Half covered red, premultiplied, over blue.
	c := cursor{pixels: []uint32{0x80800000}, width: 1, height: 1, over: true}
	pix := []byte{200, 0, 0, 9}
	c.drawInto(pix, 4, image.Rect(0, 0, 1, 1))
	if pix[0] < 98 || pix[0] > 101 || pix[1] != 0 || pix[2] != 128 {
		t.Errorf("%v", pix)
	}
}
