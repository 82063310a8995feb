package uplink

import (
	"encoding/binary"
	"math/rand/v2"
)

// film is a stream of H.264 (ISO/IEC 14496-10) made without an encoder. Its key
// frames are plain grey. Its other pictures keep the one before, but for some
// macroblocks at the top, which are noise in plain samples (I_PCM): their number
// is how many bytes the picture has.
type film struct {
	noise rand.Source
	since int // pictures since the last key frame, and that one
	keys  int
}

const (
	filmWidth, filmHeight = 640, 360
	across, down          = (filmWidth + 15) / 16, (filmHeight + 15) / 16 // macroblocks
	blocks                = across * down
	// blockBytes is what one macroblock of noise takes: 384 samples and 10 bits,
	// rounded up.
	blockBytes = 384 + 2
	// keyEvery is how many pictures there are from one key frame to the next.
	keyEvery = 60
)

func newFilm() *film { return &film{noise: rand.NewPCG(rand.Uint64(), rand.Uint64())} }

// config is the AVCDecoderConfigurationRecord (ISO/IEC 14496-15 section 5.3.3.1).
func (f *film) config() []byte {
	sps, pps := f.sequence(), f.parameters()
	c := []byte{1, sps[1], sps[2], sps[3], 0xff, 0xe0 | 1}
	c = append(binary.BigEndian.AppendUint16(c, uint16(len(sps))), sps...)
	c = append(c, 1)
	return append(binary.BigEndian.AppendUint16(c, uint16(len(pps))), pps...)
}

// sequence is the sequence parameter set (section 7.3.2.1.1).
func (f *film) sequence() []byte {
	b := bits{data: []byte{66, 0xc0, 40}} // constrained baseline, level 4
	b.ue(0)                               // which set
	b.ue(4)                               // frame_num has 8 bits
	b.ue(2)                               // pictures are shown in the order in which they come
	b.ue(1)                               // one reference
	b.put(0, 1)                           // no gaps in frame_num
	b.ue(across - 1)
	b.ue(down - 1)
	b.put(0b11, 2) // frames only; direct_8x8_inference
	b.put(1, 1)    // cropped
	b.ue(0)
	b.ue((across*16 - filmWidth) / 2)
	b.ue(0)
	b.ue((down*16 - filmHeight) / 2)
	b.put(0, 1) // no VUI
	return b.unit(0x67)
}

// parameters is the picture parameter set (section 7.3.2.2).
func (f *film) parameters() []byte {
	var b bits
	b.ue(0)
	b.ue(0)
	b.put(0, 2) // CAVLC
	for range 3 {
		b.ue(0) // one slice group, one reference each
	}
	b.put(0, 3) // no weights
	for range 3 {
		b.ue(0) // quantisers
	}
	b.put(0b100, 3) // slices say whether they are deblocked
	return b.unit(0x68)
}

// due tells whether the next picture should be a key frame.
func (f *film) due() bool { return f.since%keyEvery == 0 }

// next is one picture of about size bytes, as NAL units after their lengths. A key
// frame has a fixed size.
func (f *film) next(key bool, size int) []byte {
	var unit []byte
	if key {
		unit = f.key()
		f.keys++
		f.since = 1
	} else {
		unit = f.noisy(min(max((size-16)/blockBytes, 1), blocks))
		f.since++
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(unit))), unit...)
}

// key is a grey IDR picture: every macroblock is Intra_16x16, predicted from its
// neighbours' mean, which at the beginning is half way, and has nothing to add.
func (f *film) key() []byte {
	var b bits
	b.ue(0) // first macroblock
	b.ue(7) // I
	b.ue(0)
	b.put(0, 8)            // frame_num
	b.ue(uint(f.keys) % 2) // neighbouring IDR pictures differ
	b.put(0, 2)            // dec_ref_pic_marking
	b.ue(0)                // quantiser
	b.ue(1)                // no deblocking
	for range blocks {
		b.ue(3)     // I_16x16_2_0_0
		b.put(7, 3) // chroma from the mean, the same quantiser, no coefficients
	}
	return b.unit(0x65)
}

// noisy is a P picture of which n macroblocks are noise.
func (f *film) noisy(n int) []byte {
	b := bits{data: make([]byte, 0, n*blockBytes+32)}
	b.ue(0)
	b.ue(5) // P
	b.ue(0)
	b.put(uint(f.since)&0xff, 8)
	b.put(0, 3) // no overrides; dec_ref_pic_marking
	b.ue(0)
	b.ue(1)
	for range n {
		b.ue(0)  // none is skipped before it
		b.ue(30) // I_PCM in a P slice
		b.align()
		for range 384 / 8 {
			r := f.noise.Uint64()
			for range 8 {
				// Video's range: it has no zeros, which would have to be escaped.
				b.data = append(b.data, byte(16+(r&0xff)*219>>8))
				r >>= 8
			}
		}
	}
	if n < blocks {
		b.ue(uint(blocks - n)) // the rest is as before
	}
	return b.unit(0x41)
}

// bits is a bit stream that is being written.
type bits struct {
	data []byte
	free int // bits of the last byte that are not written yet
}

func (b *bits) put(v uint, n int) {
	for n--; n >= 0; n-- {
		if b.free == 0 {
			b.data, b.free = append(b.data, 0), 8
		}
		b.free--
		b.data[len(b.data)-1] |= byte(v>>n&1) << b.free
	}
}

// ue writes an Exp-Golomb code (section 9.1).
func (b *bits) ue(v uint) {
	v++
	n := 0
	for v>>n > 1 {
		n++
	}
	b.put(0, n)
	b.put(v, n+1)
}

func (b *bits) align() { b.free = 0 }

// unit ends the stream and makes a NAL unit of it, with the bytes that keep it
// from looking like a start code (section 7.3.1).
func (b *bits) unit(head byte) []byte {
	b.put(1, 1)
	b.align()
	out, zeros := append(make([]byte, 0, len(b.data)+16), head), 0
	for _, v := range b.data {
		if zeros == 2 && v <= 3 {
			out, zeros = append(out, 3), 0
		}
		out = append(out, v)
		if zeros++; v != 0 {
			zeros = 0
		}
	}
	return out
}
