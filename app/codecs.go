package app

import (
	"cmp"

	"tally/encoder"
)

// Codec is a way to encode pictures or sound; String is its name for people.
type Codec = encoder.Codec

// VideoCodecs are those that there is an encoder for on this computer, what works
// everywhere first.
func VideoCodecs() (here []Codec) {
	for _, c := range encoder.VideoCodecs() {
		if len(encoder.Encoders(c)) > 1 { // besides "auto"
			here = append(here, c)
		}
	}
	return here
}

// AudioCodecs are those of the sound, what works everywhere first.
func AudioCodecs() []Codec { return encoder.AudioCodecs() }

// Coded is the codec of the pictures, and of the sound.
func (v VideoSettings) Coded() Codec { return cmp.Or(Codec(v.Codec), encoder.H264) }
func (a AudioSettings) Coded() Codec { return cmp.Or(Codec(a.Codec), encoder.AAC) }

// Use changes the codec. An encoder that was chosen by name belongs to the one before.
func (v *VideoSettings) Use(c Codec) {
	if v.Coded() != c {
		v.Codec, v.Encoder = string(c), "auto"
	}
}
