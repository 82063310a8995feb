package encoder

import (
	"encoding/binary"
	"errors"
	"slices"
)

// NAL unit types of H.264, table 7-1.
const (
	nalSPS    = 7
	nalPPS    = 8
	nalAUD    = 9
	nalFiller = 12
)

var errNoParameterSets = errors.New("no parameter sets")

// record makes an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1) of
// what an encoder gives as extradata: such a record already, NAL units with
// lengths before them, or with start codes.
func record(extra []byte) ([]byte, error) {
	if len(extra) > 6 && extra[0] == 1 {
		return slices.Clone(extra), nil
	}
	units := eachLength
	if startCoded(extra) {
		units = eachStart
	}
	var sps, pps [][]byte
	for nal := range units(extra) {
		switch {
		case nal[0]&31 == nalSPS && len(nal) >= 4 && len(nal) <= 0xffff:
			sps = append(sps, nal)
		case nal[0]&31 == nalPPS && len(nal) <= 0xffff:
			pps = append(pps, nal)
		}
	}
	if len(sps) == 0 || len(sps) > 31 || len(pps) == 0 || len(pps) > 255 {
		return nil, errNoParameterSets
	}
	r := []byte{1, sps[0][1], sps[0][2], sps[0][3], 0xfc | 3, 0xe0 | byte(len(sps))}
	for _, s := range sps {
		r = append(binary.BigEndian.AppendUint16(r, uint16(len(s))), s...)
	}
	r = append(r, byte(len(pps)))
	for _, p := range pps {
		r = append(binary.BigEndian.AppendUint16(r, uint16(len(p))), p...)
	}
	switch sps[0][1] {
	case 100, 110, 122, 144: // High and above: 4:2:0, 8 bits, no extensions
		r = append(r, 0xfc|1, 0xf8, 0xf8, 0)
	}
	return r, nil
}

// startCoded tells Annex B from lengths. As a length, 00 00 00 01 would be a unit
// of one byte, which no encoder writes first.
func startCoded(b []byte) bool {
	return len(b) >= 4 && b[0] == 0 && b[1] == 0 && (b[2] == 1 || b[2] == 0 && b[3] == 1)
}

func eachLength(b []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		for len(b) > 4 {
			n := binary.BigEndian.Uint32(b)
			if n == 0 || uint64(n) > uint64(len(b)-4) || !yield(b[4:4+n]) {
				return
			}
			b = b[4+n:]
		}
	}
}

func eachStart(b []byte) func(func([]byte) bool) {
	return func(yield func([]byte) bool) {
		begin := afterStart(b, 0)
		for begin < len(b) {
			next := afterStart(b, begin)
			end := next
			if next <= len(b) {
				end = next - 3
			} else {
				next, end = len(b), len(b)
			}
			for end > begin && b[end-1] == 0 { // trailing zeros, and the first of a long start code
				end--
			}
			if end > begin && !yield(b[begin:end]) {
				return
			}
			begin = next
		}
	}
}

// afterStart is where the byte after the next start code is, or len(b)+1.
func afterStart(b []byte, from int) int {
	for i := from; i+3 <= len(b); i++ {
		if b[i] == 0 && b[i+1] == 0 && b[i+2] == 1 {
			return i + 3
		}
	}
	return len(b) + 1
}

// appendLengths rewrites units with start codes (of 3 or 4 bytes) into units with
// lengths. Parameter sets, which are in the record, delimiters and filler are
// left out.
func appendLengths(dst, annexB []byte) []byte {
	for nal := range eachStart(annexB) {
		switch nal[0] & 31 {
		case nalSPS, nalPPS, nalAUD, nalFiller:
			continue
		}
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(nal))), nal...)
	}
	return dst
}
