package app

import (
	"cmp"
	"slices"

	"tally/encoder"
)

// Codec is a way to encode pictures or sound; String is its name for people.
type Codec = encoder.Codec

// VideoCodecs and AudioCodecs are those that there is an encoder for on this
// computer, what works everywhere first.
func VideoCodecs() []Codec { return encodable(encoder.VideoCodecs()) }
func AudioCodecs() []Codec { return encodable(encoder.AudioCodecs()) }

func encodable(all []Codec) []Codec {
	return slices.DeleteFunc(all, func(c Codec) bool { return !encoder.Has(c) })
}

// Coded is the codec of the pictures, and of the sound.
func (v VideoSettings) Coded() Codec { return cmp.Or(Codec(v.Codec), encoder.H264) }
func (a AudioSettings) Coded() Codec { return cmp.Or(Codec(a.Codec), encoder.AAC) }

// Use changes the codec. An encoder that was chosen by name belongs to the one before.
func (v *VideoSettings) Use(c Codec) {
	if v.Coded() != c {
		v.Codec, v.Encoder = string(c), "auto"
	}
}
