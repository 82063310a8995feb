package encoder

import "encoding/binary"

// NAL unit types of H.264, table 7-1, and of HEVC, table 7-1 of ITU-T H.265.
const (
	nalSPS    = 7
	nalPPS    = 8
	nalAUD    = 9
	nalFiller = 12

	hevcVPS    = 32
	hevcSPS    = 33
	hevcPPS    = 34
	hevcAUD    = 35
	hevcFiller = 38
)

// nalType reads the first byte of a unit.
func nalType(c Codec, first byte) byte {
	if c == HEVC {
		return first >> 1 & 63
	}
	return first & 31
}

// outOfBand tells whether a unit does not belong into a packet: parameter sets,
// which are in the record, delimiters and filler.
func outOfBand(c Codec, kind byte) bool {
	if c == HEVC {
		return kind >= hevcVPS && kind <= hevcAUD || kind == hevcFiller
	}
	return kind >= nalSPS && kind <= nalAUD || kind == nalFiller
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
// lengths, without those that are out of band.
func appendLengths(dst []byte, c Codec, annexB []byte) []byte {
	for nal := range eachStart(annexB) {
		if outOfBand(c, nalType(c, nal[0])) {
			continue
		}
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(nal))), nal...)
	}
	return dst
}
