package testcard

import "image"

// The counter is a strip of black and white blocks along the lower edge of the
// picture, a row of equal columns: white, black, 24 bits of the number with the
// highest first, 8 bits of check, black, white.
const (
	numberBits = 24
	checkBits  = 8
	columns    = 2 + numberBits + checkBits + 2
	stripShare = 24 // the strip's height is this part of the picture's

	lumaBlack, lumaWhite = 16, 235
)

func stripTop(height int) int { return height - max(height/stripShare, 1) }

// codeWord is the strip for number n, first column in the highest bit.
func codeWord(n int64) uint64 {
	number := uint32(n) & (1<<numberBits - 1)
	return 1<<(columns-1) | uint64(number)<<(checkBits+2) | uint64(check(number))<<2 | 1
}

// check is the CRC-8 (polynomial x⁸+x²+x+1) of the number.
func check(number uint32) uint8 {
	crc := uint8(0x5A) // a black strip is not number 0
	for shift := numberBits - 8; shift >= 0; shift -= 8 {
		crc ^= uint8(number >> shift)
		for range 8 {
			if crc&0x80 != 0 {
				crc = crc<<1 ^ 0x07
			} else {
				crc <<= 1
			}
		}
	}
	return crc
}

// drawCounter writes number n into the luma of a picture.
func drawCounter(luma []byte, stride, width, height int, n int64) {
	top := stripTop(height)
	row := luma[top*stride : top*stride+width]
	word := codeWord(n)
	for i := range columns {
		value := byte(lumaBlack)
		if word>>(columns-1-i)&1 == 1 {
			value = lumaWhite
		}
		for x := i * width / columns; x < (i+1)*width/columns; x++ {
			row[x] = value
		}
	}
	for y := top + 1; y < height; y++ {
		copy(luma[y*stride:y*stride+width], row)
	}
}

// ReadCounter reads the number of a frame back from the luma of a picture that
// may have been encoded, decoded and scaled meanwhile. Numbers count frames from
// the clock's zero, modulo 2²⁴. It is false where the strip cannot be read.
func ReadCounter(luma []byte, stride, width, height int) (uint32, bool) {
	if width < columns || height < stripShare || stride < width || len(luma) < stride*(height-1)+width {
		return 0, false
	}
	var level [columns]int
	for i := range level {
		level[i] = mean(luma, stride, columnCore(i, width, height))
	}
	white, black := (level[0]+level[columns-1])/2, (level[1]+level[columns-2])/2
	if white-black < 64 {
		return 0, false
	}
	var word uint64
	for _, l := range level {
		word <<= 1
		if l > (white+black)/2 {
			word |= 1
		}
	}
	number := uint32(word >> (checkBits + 2) & (1<<numberBits - 1))
	return number, word == codeWord(int64(number))
}

// columnCore is the inner part of a block, away from the blur of its edges.
func columnCore(i, width, height int) image.Rectangle {
	x0, x1, y0 := i*width/columns, (i+1)*width/columns, stripTop(height)
	dx, dy := (x1-x0)/4, (height-y0)/4
	return image.Rect(x0+dx, y0+dy, x1-dx, height-dy)
}

// mean is the average luma of a part of a picture.
func mean(luma []byte, stride int, r image.Rectangle) int {
	if r.Empty() {
		return 0
	}
	sum := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for _, v := range luma[y*stride+r.Min.X : y*stride+r.Max.X] {
			sum += int(v)
		}
	}
	return sum / (r.Dx() * r.Dy())
}
