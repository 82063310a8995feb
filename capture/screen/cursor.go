package screen

import "image"

// cursor is the mouse's picture, in premultiplied ARGB words, and where it is.
type cursor struct {
	pixels []uint32
	width  int
	height int
	hot    image.Point // the point of it that points
	at     image.Point // where that is, on what is captured
	over   bool        // it points at what is captured
	fresh  bool        // no picture has it yet as it looks now
}

// bounds is what the cursor covers of what is captured.
func (c *cursor) bounds() image.Rectangle {
	if !c.over {
		return image.Rectangle{}
	}
	from := c.at.Sub(c.hot)
	return image.Rectangle{Min: from, Max: from.Add(image.Pt(c.width, c.height))}
}

// drawInto lays the cursor over a BGRA picture of one area.
func (c *cursor) drawInto(pix []byte, stride int, area image.Rectangle) {
	b := c.bounds()
	part := b.Intersect(area)
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := pix[(y-area.Min.Y)*stride:]
		for x := part.Min.X; x < part.Max.X; x++ {
			over := c.pixels[(y-b.Min.Y)*c.width+x-b.Min.X]
			alpha := over >> 24
			if alpha == 0 {
				continue
			}
			p := row[(x-area.Min.X)*4 : (x-area.Min.X)*4+4]
			rest := 255 - alpha
			p[0] = byte(min(255, over&0xFF+(uint32(p[0])*rest+127)/255))
			p[1] = byte(min(255, over>>8&0xFF+(uint32(p[1])*rest+127)/255))
			p[2] = byte(min(255, over>>16&0xFF+(uint32(p[2])*rest+127)/255))
		}
	}
}
