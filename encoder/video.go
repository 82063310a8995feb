package encoder

import (
	"fmt"
	"sync/atomic"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// Video encodes pictures. Encode, Flush and Close belong to one goroutine;
// ForceKey and SetBitrate may be called from any.
type Video struct {
	config   VideoConfig
	enc      *libav.VideoEncoder
	annexB   bool // packets come with start codes
	fixed    bool
	duration time.Duration // of one picture
	pkt      libav.Packet

	last    time.Duration // stamp of the newest picture
	nextKey time.Duration // stamp from which on a key frame is due
	any     bool          // a picture was encoded

	force   atomic.Bool
	bitrate atomic.Int64 // asked for; 0 once it is set
}

const (
	lowestBitrate, highestBitrate = 50_000, 200_000_000
)

func (p VideoParams) withDefaults() (VideoParams, error) {
	if p.KeyInterval == 0 {
		p.KeyInterval = 2 * time.Second
	}
	if p.Encoder == "" {
		p.Encoder = "auto"
	}
	if p.Preset == "" {
		p.Preset = "veryfast"
	}
	for _, err := range []error{
		within("width", p.Width, 16, 8192), within("height", p.Height, 16, 8192),
		within("fps", p.FPS, 1, 120), within("bitrate", p.Bitrate, lowestBitrate, highestBitrate),
	} {
		if err != nil {
			return p, err
		}
	}
	switch {
	case p.Width%2 != 0:
		return p, &ParamError{"width", p.Width, "even"}
	case p.Height%2 != 0:
		return p, &ParamError{"height", p.Height, "even"}
	case p.KeyInterval < 100*time.Millisecond || p.KeyInterval > time.Minute:
		return p, &ParamError{"key frame interval", p.KeyInterval, "from 100ms to 1m"}
	case presetCost(p.Preset) == 0:
		return p, &ParamError{"preset", p.Preset, fmt.Sprint("one of ", Presets())}
	}
	return p, nil
}

// OpenVideo opens an encoder. With the encoder "auto", hardware is tried first,
// with a few pictures that nobody sees; libx264 is the last resort. It fails with
// a [*ParamError], an [*UnknownEncoderError], or what libav says. Close frees it.
func OpenVideo(p VideoParams) (*Video, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, err
	}
	enc, b, err := open(p)
	if err != nil {
		return nil, err
	}
	extra := enc.Extradata()
	rec, err := record(extra)
	if err != nil {
		enc.Close()
		return nil, fmt.Errorf("encoder: open %s: %w", b.name, err)
	}
	return &Video{
		config: VideoConfig{VideoParams: p, Name: b.name, Record: rec},
		enc:    enc, annexB: startCoded(extra), fixed: b.fixed, duration: time.Second / time.Duration(p.FPS),
	}, nil
}

// Config is what a muxer or publisher needs first. Bitrate is the one asked for
// when the encoder was opened. Nobody may change Record's bytes.
func (v *Video) Config() VideoConfig { return v.config }

// ForceKey makes the next picture a key frame.
func (v *Video) ForceKey() { v.force.Store(true) }

// KeyDue tells whether a picture of that stamp will be a key frame by itself. It
// belongs to the goroutine that encodes.
func (v *Video) KeyDue(pts time.Duration) bool { return !v.any || pts >= v.nextKey }

// SetBitrate asks for another bitrate (bit/s) from the next picture on. The stream
// keeps to it within the time that the VBV buffer covers, one second. It fails
// with [ErrFixed] when the encoder cannot, and with a [*ParamError].
func (v *Video) SetBitrate(bits int) error {
	if err := within("bitrate", bits, lowestBitrate, highestBitrate); err != nil {
		return err
	}
	if v.fixed {
		return fmt.Errorf("encoder: %s: %w", v.config.Name, ErrFixed)
	}
	v.bitrate.Store(int64(bits))
	return nil
}

// Encode encodes one picture, which must be I420 in BT.709 limited at the size
// asked for, and hands emit what is ready: nothing at first, later mostly one
// packet. emit takes over a reference. Encode is done with f when it returns.
//
// Packets carry the pictures' own stamps as PTS. A stamp that does not grow is
// moved 1 µs behind the one before. The first DTS may be a few frames before
// the first PTS.
func (v *Video) Encode(f *capture.Frame, emit func(*Packet)) error {
	if v.enc == nil {
		return fmt.Errorf("encoder: %w", ErrClosed)
	}
	if bits := int(v.bitrate.Swap(0)); bits != 0 {
		v.enc.SetBitrate(bits, vbv(bits))
	}
	pts := f.PTS
	if v.any && pts <= v.last {
		pts = v.last + time.Microsecond
	}
	key := v.force.Swap(false) || !v.any || pts >= v.nextKey
	if err := v.enc.Send(f, int64(pts), key); err != nil {
		return fmt.Errorf("encoder: %s: %w", v.config.Name, err)
	}
	if key {
		v.nextKey = pts + v.config.KeyInterval - v.duration/2
	}
	v.last, v.any = pts, true
	return v.receive(emit)
}

// Flush makes the encoder give what it still holds. Nothing can be encoded
// afterwards.
func (v *Video) Flush(emit func(*Packet)) error {
	if v.enc == nil {
		return fmt.Errorf("encoder: %w", ErrClosed)
	}
	if err := v.enc.Drain(); err != nil {
		return fmt.Errorf("encoder: %s: %w", v.config.Name, err)
	}
	return v.receive(emit)
}

func (v *Video) receive(emit func(*Packet)) error {
	for {
		more, err := v.enc.Receive(&v.pkt)
		if err != nil {
			return fmt.Errorf("encoder: %s: %w", v.config.Name, err)
		}
		if !more {
			return nil
		}
		p := newPacket(VideoTrack, len(v.pkt.Data))
		if v.annexB {
			p.Data = appendLengths(p.Data[:0], v.pkt.Data)
			if len(p.Data) == 0 { // nothing but delimiters
				p.Release()
				continue
			}
		} else {
			copy(p.Data, v.pkt.Data)
		}
		p.PTS, p.DTS = time.Duration(v.pkt.PTS), time.Duration(v.pkt.DTS)
		p.Duration, p.Key = v.duration, v.pkt.Key
		emit(p)
	}
}

// Close frees the encoder. It may be called more than once.
func (v *Video) Close() {
	if v.enc != nil {
		v.enc.Close()
		v.enc = nil
	}
}
