package encoder

import (
	"fmt"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// Audio encodes sound. It belongs to one goroutine.
type Audio struct {
	config AudioConfig
	enc    *libav.AudioEncoder
	pkt    libav.Packet

	block []float32 // what is not yet a whole packet
	at    int64     // position of block's first frame, in frames since the clock's zero
	any   bool
	late  bool // sound is being left out until it is new again
}

// jump is how far the stamps of the sound may be from where counting its samples
// leads to, before they are believed.
const jump = 40 * time.Millisecond

// coders are libavcodec's encoders of sound.
var coders = map[Codec]string{AAC: "aac", Opus: "libopus"}

// OpenAudio opens an AAC-LC or Opus encoder. It fails with a [*ParamError], or what libav
// says. Close frees it.
func OpenAudio(p AudioParams) (*Audio, error) {
	if p.Codec == "" {
		p.Codec = AAC
	}
	if p.Rate == 0 {
		p.Rate = 48000
	}
	if p.Channels == 0 {
		p.Channels = 2
	}
	if p.Bitrate == 0 {
		p.Bitrate = 160_000
	}
	for _, err := range []error{
		within("sample rate", p.Rate, 8000, 96000), within("channels", p.Channels, 1, 2),
		within("audio bitrate", p.Bitrate, 16_000, 512_000),
	} {
		if err != nil {
			return nil, err
		}
	}
	name := coders[p.Codec]
	switch {
	case name == "":
		return nil, &ParamError{"audio codec", p.Codec, fmt.Sprint("one of ", AudioCodecs())}
	case p.Codec == Opus && p.Rate != 48000:
		return nil, &ParamError{"sample rate", p.Rate, "48000 for Opus"}
	}
	enc, err := libav.OpenAudio(name, p.Rate, p.Channels, p.Bitrate)
	if err != nil {
		return nil, fmt.Errorf("encoder: open %s: %w", name, err)
	}
	size := enc.FrameSize()
	return &Audio{
		config: AudioConfig{AudioParams: p, Name: name, Record: enc.Extradata(), FrameSize: size, Priming: enc.Priming()},
		enc:    enc, block: make([]float32, 0, size*p.Channels),
	}, nil
}

// Config is what a muxer or publisher needs first. Nobody may change Record's
// bytes.
func (a *Audio) Config() AudioConfig { return a.config }

// Encode encodes a block of any length at the encoder's rate and channels, and
// hands emit each packet that is complete. emit takes over a
// reference. Encode is done with s when it returns.
//
// A packet's PTS is when its sound was captured. Since the first packet begins with
// the encoder's run-up ([AudioConfig.Priming]), its PTS is so much before the first
// sample, and may be negative. As long as the stamps of the blocks stay within
// 40 ms of what counting samples gives, samples are counted. After a longer gap
// the packets' stamps jump along; sound that comes stamped before what is
// already encoded is left out, since time cannot go back.
func (a *Audio) Encode(s *capture.Samples, emit func(*Packet)) error {
	if a.enc == nil {
		return fmt.Errorf("encoder: %w", ErrClosed)
	}
	if s.Rate != a.config.Rate || s.Channels != a.config.Channels {
		return &ParamError{
			"sound", fmt.Sprintf("%d Hz with %d channels", s.Rate, s.Channels),
			fmt.Sprintf("%d Hz with %d channels", a.config.Rate, a.config.Channels),
		}
	}
	data := s.Data
	off := a.frames(s.PTS) - a.next() // how much later than expected
	a.late = a.any && (-off > a.frames(jump) || a.late && off < 0)
	switch {
	case !a.any:
		a.at, a.any = a.frames(s.PTS), true
	case a.late:
		data = data[min(int64(len(data)), -off*int64(s.Channels)):]
	case off > a.frames(jump):
		// The packet begun before the gap ends in silence, the next begins after it.
		if len(a.block) > 0 {
			if err := a.encodeBlock(emit); err != nil {
				return err
			}
		}
		a.at = max(a.at, a.frames(s.PTS))
	}
	for len(data) > 0 {
		n := min(cap(a.block)-len(a.block), len(data))
		a.block = append(a.block, data[:n]...)
		data = data[n:]
		if len(a.block) == cap(a.block) {
			if err := a.encodeBlock(emit); err != nil {
				return err
			}
		}
	}
	return nil
}

// frames converts a time to frames of sound, rounded.
func (a *Audio) frames(d time.Duration) int64 {
	rate := int64(a.config.Rate)
	whole, part := int64(d/time.Second), int64(d%time.Second) // so that days do not overflow
	return whole*rate + (part*rate+int64(time.Second)/2)/int64(time.Second)
}

func (a *Audio) time(frames int64) time.Duration {
	rate := int64(a.config.Rate)
	return time.Duration(frames/rate)*time.Second + time.Duration(frames%rate)*time.Second/time.Duration(rate)
}

// next is where the next frame of sound will be.
func (a *Audio) next() int64 { return a.at + int64(len(a.block)/a.config.Channels) }

// encodeBlock sends the block, filled up with silence, and empties it.
func (a *Audio) encodeBlock(emit func(*Packet)) error {
	n := len(a.block)
	a.block = a.block[:cap(a.block)]
	clear(a.block[n:])
	err := a.enc.Send(a.block, a.at)
	a.block = a.block[:0]
	a.at += int64(a.config.FrameSize)
	if err != nil {
		return fmt.Errorf("encoder: %s: %w", a.config.Name, err)
	}
	return a.receive(emit)
}

// Flush makes the encoder give what it still holds, the last packet filled up
// with silence. Nothing can be encoded afterwards.
func (a *Audio) Flush(emit func(*Packet)) error {
	if a.enc == nil {
		return fmt.Errorf("encoder: %w", ErrClosed)
	}
	if len(a.block) > 0 {
		if err := a.encodeBlock(emit); err != nil {
			return err
		}
	}
	if err := a.enc.Drain(); err != nil {
		return fmt.Errorf("encoder: %s: %w", a.config.Name, err)
	}
	return a.receive(emit)
}

func (a *Audio) receive(emit func(*Packet)) error {
	for {
		more, err := a.enc.Receive(&a.pkt)
		if err != nil {
			return fmt.Errorf("encoder: %s: %w", a.config.Name, err)
		}
		if !more {
			return nil
		}
		if len(a.pkt.Data) == 0 {
			continue
		}
		p := newPacket(AudioTrack, len(a.pkt.Data))
		copy(p.Data, a.pkt.Data)
		p.PTS = a.time(a.pkt.PTS)
		p.DTS, p.Key = p.PTS, true
		p.Duration = a.time(int64(a.config.FrameSize))
		emit(p)
	}
}

// Close frees the encoder. It may be called more than once.
func (a *Audio) Close() {
	if a.enc != nil {
		a.enc.Close()
		a.enc = nil
	}
}
