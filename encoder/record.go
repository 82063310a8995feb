package encoder

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/bluenviron/mediacommon/v2/pkg/codecs/av1"
)

var errNoParameterSets = errors.New("no parameter sets")

// record makes what a decoder has to know first of what an encoder gives as
// extradata: such a record already, parameter sets with lengths before them, or
// with start codes.
func record(c Codec, extra []byte) ([]byte, error) {
	switch c {
	case HEVC:
		return hevcRecord(extra)
	case AV1:
		return av1Record(extra)
	}
	return avcRecord(extra)
}

// sets collects the parameter sets of one type, as arrays of a record have them.
func sets(c Codec, extra []byte, kind byte) (units [][]byte) {
	each := eachLength
	if startCoded(extra) {
		each = eachStart
	}
	for nal := range each(extra) {
		if nalType(c, nal[0]) == kind && len(nal) >= 3 && len(nal) <= 0xffff {
			units = append(units, nal)
		}
	}
	return units
}

func appendSets(r []byte, units [][]byte) []byte {
	for _, u := range units {
		r = append(binary.BigEndian.AppendUint16(r, uint16(len(u))), u...)
	}
	return r
}

// avcRecord makes an AVCDecoderConfigurationRecord, ISO/IEC 14496-15, 5.3.3.1.
func avcRecord(extra []byte) ([]byte, error) {
	if len(extra) > 6 && extra[0] == 1 {
		return slices.Clone(extra), nil
	}
	sps, pps := sets(H264, extra, nalSPS), sets(H264, extra, nalPPS)
	if len(sps) == 0 || len(sps) > 31 || len(sps[0]) < 4 || len(pps) == 0 || len(pps) > 255 {
		return nil, errNoParameterSets
	}
	r := []byte{1, sps[0][1], sps[0][2], sps[0][3], 0xfc | 3, 0xe0 | byte(len(sps))}
	r = appendSets(r, sps)
	r = appendSets(append(r, byte(len(pps))), pps)
	switch sps[0][1] {
	case 100, 110, 122, 144: // High and above: 4:2:0, 8 bits, no extensions
		r = append(r, 0xfc|1, 0xf8, 0xf8, 0)
	}
	return r, nil
}

// hevcRecord makes an HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, 8.3.3.1, of
// 4:2:0 in 8 bits.
func hevcRecord(extra []byte) ([]byte, error) {
	if len(extra) > 22 && extra[0] == 1 {
		return slices.Clone(extra), nil
	}
	arrays := [][][]byte{sets(HEVC, extra, hevcVPS), sets(HEVC, extra, hevcSPS), sets(HEVC, extra, hevcPPS)}
	for _, units := range arrays {
		if len(units) == 0 {
			return nil, errNoParameterSets
		}
	}
	// An SPS begins (H.265, 7.3.2.2.1): two bytes of header, an id in 4 bits, the
	// number of sub-layers less one in 3 and whether they are nested in 1; then the
	// profile, tier and level as the record has them.
	const levels = 12
	sps := unescaped(arrays[1][0], 3+levels)
	if len(sps) < 3+levels {
		return nil, errNoParameterSets
	}
	layers, nested := sps[2]>>1&7+1, sps[2]&1
	r := append([]byte{1}, sps[3:3+levels]...)
	r = append(r, 0xf0, 0, 0xfc, 0xfc|1, 0xf8, 0xf8, 0, 0, layers<<3|nested<<2|3, byte(len(arrays)))
	for i, units := range arrays {
		r = append(r, 0x80|byte(hevcVPS+i))
		r = appendSets(binary.BigEndian.AppendUint16(r, uint16(len(units))), units)
	}
	return r, nil
}

// unescaped is the beginning of a unit, at most n bytes, without the bytes that
// keep start codes out of it.
func unescaped(nal []byte, n int) []byte {
	out := make([]byte, 0, n)
	zeros := 0
	for _, b := range nal {
		if len(out) == n {
			break
		}
		if zeros >= 2 && b == 3 {
			zeros = 0
			continue
		}
		if zeros++; b != 0 {
			zeros = 0
		}
		out = append(out, b)
	}
	return out
}

// av1Record makes an AV1CodecConfigurationRecord (AV1 in ISO BMFF, 2.3.3) of a
// sequence header.
func av1Record(extra []byte) ([]byte, error) {
	if len(extra) >= 4 && extra[0] == 0x81 {
		return slices.Clone(extra), nil
	}
	extra = withoutDelimiter(extra)
	var tu av1.Bitstream
	if err := tu.Unmarshal(extra); err != nil || len(tu) == 0 {
		return nil, errNoParameterSets
	}
	var h av1.SequenceHeader
	if err := h.Unmarshal(tu[0]); err != nil || len(h.SeqLevelIdx) == 0 {
		return nil, errNoParameterSets
	}
	bit := func(on bool, at int) byte {
		if on {
			return 1 << at
		}
		return 0
	}
	colour := h.ColorConfig
	sample := byte(colour.ChromaSamplePosition) & 3
	tier := len(h.SeqTier) > 0 && h.SeqTier[0]
	r := []byte{
		0x81, h.SeqProfile<<5 | h.SeqLevelIdx[0]&31,
		bit(tier, 7) | bit(colour.HighBitDepth, 6) | bit(colour.TwelveBit, 5) | bit(colour.MonoChrome, 4) |
			bit(colour.SubsamplingX, 3) | bit(colour.SubsamplingY, 2) | sample,
		0,
	}
	// Of what follows the header, if the encoder gave a whole picture, nothing.
	header, err := av1.Bitstream{tu[0]}.Marshal()
	return append(r, header...), err
}

// withoutDelimiter leaves out the temporal delimiter before a picture: it has no
// place in files and in RTMP.
func withoutDelimiter(tu []byte) []byte {
	if len(tu) > 2 && tu[0] == 0x12 && tu[1] == 0 {
		return tu[2:]
	}
	return tu
}
