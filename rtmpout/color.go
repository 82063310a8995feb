package rtmpout

import "tally/rtmpout/internal/amf0"

// ColorInfo is HDR metadata (E-RTMP, Metadata Frame). Zero fields are left out.
type ColorInfo struct {
	BitDepth                int // per component
	Primaries               int // ISO/IEC 23091-4, as are the next two
	TransferCharacteristics int
	MatrixCoefficients      int

	MaxFall, MaxCLL float64 // cd/m², 0.0001 to 10000

	// Mastering display, CIE 1931 xy and cd/m².
	RedX, RedY, GreenX, GreenY, BlueX, BlueY, WhitePointX, WhitePointY float64
	MaxLuminance                                                       float64 // 5 to 10000
	MinLuminance                                                       float64 // 0.0001 to 5
}

func (c *ColorInfo) check() error {
	if c == nil {
		return nil
	}
	for _, v := range []float64{c.RedX, c.RedY, c.GreenX, c.GreenY, c.BlueX, c.BlueY, c.WhitePointX, c.WhitePointY} {
		if v < 0 || v > 1 {
			return &OptionsError{"Color", "a chromaticity is not from 0 to 1"}
		}
	}
	for _, l := range []struct{ v, low, high float64 }{
		{c.MaxFall, 0.0001, 10000}, {c.MaxCLL, 0.0001, 10000}, {c.MaxLuminance, 5, 10000}, {c.MinLuminance, 0.0001, 5},
	} {
		if l.v != 0 && (l.v < l.low || l.v > l.high) {
			return &OptionsError{"Color", "a luminance is out of range"}
		}
	}
	return nil
}

// body is the payload of a video Metadata packet. A nil ColorInfo resets.
func (c *ColorInfo) body() []byte {
	if c == nil {
		return amf0.Append(nil, "colorInfo", amf0.Undefined{})
	}
	group := func(pairs ...any) amf0.Object {
		var o amf0.Object
		for i := 0; i < len(pairs); i += 2 {
			if f := pairs[i+1].(float64); f != 0 {
				o = append(o, amf0.Property{Name: pairs[i].(string), Value: f})
			}
		}
		return o
	}
	var info amf0.Object
	for _, g := range []amf0.Property{
		{Name: "colorConfig", Value: group("bitDepth", float64(c.BitDepth), "colorPrimaries", float64(c.Primaries),
			"transferCharacteristics", float64(c.TransferCharacteristics), "matrixCoefficients", float64(c.MatrixCoefficients))},
		{Name: "hdrCll", Value: group("maxFall", c.MaxFall, "maxCLL", c.MaxCLL)},
		{Name: "hdrMdcv", Value: group("redX", c.RedX, "redY", c.RedY, "greenX", c.GreenX, "greenY", c.GreenY,
			"blueX", c.BlueX, "blueY", c.BlueY, "whitePointX", c.WhitePointX, "whitePointY", c.WhitePointY,
			"maxLuminance", c.MaxLuminance, "minLuminance", c.MinLuminance)},
	} {
		if len(g.Value.(amf0.Object)) > 0 {
			info = append(info, g)
		}
	}
	return amf0.Append(nil, "colorInfo", info)
}

// ChannelLayout is where the channels of an audio track play (E-RTMP, Enhanced
// Audio, MultichannelConfig).
type ChannelLayout struct {
	Mask     uint32  // native order: bit n is AudioChannel n; 0 if Channels is used
	Channels []uint8 // custom order: AudioChannel of each
	Count    int     // of channels in native or unspecified order
}

func (l *ChannelLayout) body() []byte {
	switch {
	case len(l.Channels) > 0:
		return append([]byte{2, byte(len(l.Channels))}, l.Channels...)
	case l.Mask != 0:
		return []byte{1, byte(l.Count), byte(l.Mask >> 24), byte(l.Mask >> 16), byte(l.Mask >> 8), byte(l.Mask)}
	}
	return []byte{0, byte(l.Count)}
}
