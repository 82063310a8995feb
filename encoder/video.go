package encoder

import (
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// Video encodes pictures into one stream. When its encoder fails, or has to be
// another one, the stream goes on with the next: from a key frame that carries its
// [Packet.Config].
//
// Encode, KeyDue, Flush and Close belong to one goroutine; the other methods may be
// called from any.
type Video struct {
	params VideoParams // as asked for
	cur    *engine     // nil: closed
	now    atomic.Pointer[VideoConfig]

	last     time.Duration // stamp of the newest picture
	any      bool          // a picture was encoded
	nextKey  time.Duration // stamp from which on a key frame is due
	sinceKey int           // pictures of this encoder since its last key frame
	failed   time.Time     // when an encoder has failed last

	sink   func(*Packet) // of the call that is under way
	emit   func(*Packet) // v.give, made once
	told   bool          // cur's configuration was given with a packet
	newest time.Duration // DTS given last

	force   atomic.Bool
	bitrate atomic.Int64
	preset  atomic.Pointer[string]
	change
}

const (
	lowestBitrate, highestBitrate = 50_000, 200_000_000
)

func (p VideoParams) withDefaults() (VideoParams, error) {
	if p.Codec == "" {
		p.Codec = H264
	}
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
	cost, _ := presetNamed(p.Preset)
	switch {
	case p.Width%2 != 0:
		return p, &ParamError{"width", p.Width, "even"}
	case p.Height%2 != 0:
		return p, &ParamError{"height", p.Height, "even"}
	case p.KeyInterval < 100*time.Millisecond || p.KeyInterval > time.Minute:
		return p, &ParamError{"key frame interval", p.KeyInterval, "from 100ms to 1m"}
	case cost == 0:
		return p, &ParamError{"preset", p.Preset, fmt.Sprint("one of ", Presets())}
	}
	return p, nil
}

// OpenVideo opens an encoder. With the encoder "auto", hardware is tried first; the
// codec's software encoder is the last resort. Hardware is tried with a few pictures
// that nobody sees, also when it was asked for by name. It fails with a
// [*ParamError], an [*UnknownEncoderError], or what libav says. Close frees it.
func OpenVideo(p VideoParams) (*Video, error) {
	p, err := p.withDefaults()
	if err != nil {
		return nil, err
	}
	e, err := choose(p)
	if err != nil {
		return nil, err
	}
	v := &Video{params: p, newest: -1 << 62}
	v.emit = v.give
	v.bitrate.Store(int64(p.Bitrate))
	v.preset.Store(&p.Preset)
	v.take(e, nil)
	return v, nil
}

// Config is what a muxer or publisher needs first. Nobody may change Record's bytes.
func (v *Video) Config() VideoConfig { return *v.now.Load() }

// ForceKey makes the next picture a key frame.
func (v *Video) ForceKey() { v.force.Store(true) }

// KeyDue tells whether a picture of that stamp will be a key frame by itself.
func (v *Video) KeyDue(pts time.Duration) bool {
	if !v.any {
		return true
	}
	if v.cur != nil && v.cur.counts {
		return v.sinceKey >= framesIn(v.params.KeyInterval, v.params.FPS)
	}
	return pts >= v.nextKey
}

// SetBitrate asks for another bitrate (bit/s). The stream keeps to it from the next
// picture on, within the time that the VBV buffer covers, one second. An encoder
// that cannot change it is replaced by one like it: at once for a lower bitrate, at
// the next key frame for a higher one, and not more than once a second. It fails
// with a [*ParamError].
func (v *Video) SetBitrate(bits int) error {
	if err := within("bitrate", bits, lowestBitrate, highestBitrate); err != nil {
		return err
	}
	v.bitrate.Store(int64(bits))
	return nil
}

// SetPreset asks for another preset, which an encoder that is opened meanwhile has.
// Hardware keeps its own. It fails with a [*ParamError].
func (v *Video) SetPreset(name string) error {
	if cost, _ := presetNamed(name); cost == 0 {
		return &ParamError{"preset", name, fmt.Sprint("one of ", Presets())}
	}
	v.preset.Store(&name)
	return nil
}

// Encode encodes one picture, which must be I420 in BT.709 limited at the size
// asked for, and hands emit what is ready: nothing at first, later mostly one
// packet. emit takes over a reference. Encode is done with f when it returns.
//
// Packets carry the pictures' own stamps as PTS. A stamp that does not grow is
// moved 1 µs behind the one before. The first DTS may be a few frames before
// the first PTS.
//
// When hardware fails, with an error, by giving nothing or by not returning for a
// second, the codec's software encoder takes over with this picture; what the
// hardware held is lost.
func (v *Video) Encode(f *capture.Frame, emit func(*Packet)) error {
	if v.cur == nil {
		return fmt.Errorf("encoder: %w", ErrClosed)
	}
	v.sink = emit
	pts := f.PTS
	if v.any && pts <= v.last {
		pts = v.last + time.Microsecond
	}
	force := v.force.Swap(false)
	if err := v.obey(pts, force); err != nil {
		return err
	}
	err := v.encode(f, pts, force)
	if err != nil && !errors.Is(err, libav.ErrShape) && !errors.Is(err, libav.ErrHeld) {
		if err = v.replace(err); err == nil {
			err = v.encode(f, pts, true)
		}
	}
	if err != nil {
		return fmt.Errorf("encoder: %s: %w", v.cur.name, err)
	}
	v.last, v.any = pts, true
	return nil
}

func (v *Video) encode(f *capture.Frame, pts time.Duration, force bool) error {
	key := force || v.KeyDue(pts) || v.sinceKey == 0
	if err := v.cur.encode(f, pts, key, v.emit); err != nil {
		return err
	}
	if v.sinceKey++; key {
		v.sinceKey, v.nextKey = 1, pts+v.params.KeyInterval-v.cur.duration/2
	}
	return nil
}

// give hands out a packet. Another encoder may have another delay; DTS goes on all
// the same, and is never later than PTS, as all that is given from now on is of
// later pictures.
func (v *Video) give(p *Packet) {
	if p.DTS <= v.newest {
		p.DTS = v.newest + time.Microsecond
	}
	v.newest = p.DTS
	if !v.told {
		p.Config, v.told = v.now.Load(), true
	}
	v.sink(p)
}

// Flush makes the encoder give what it still holds. Nothing can be encoded
// afterwards.
func (v *Video) Flush(emit func(*Packet)) error {
	if v.cur == nil {
		return fmt.Errorf("encoder: %w", ErrClosed)
	}
	v.sink = emit
	if err := v.cur.drain(v.emit); err != nil {
		return fmt.Errorf("encoder: %s: %w", v.cur.name, err)
	}
	return nil
}

// Close frees the encoder. It may be called more than once.
func (v *Video) Close() {
	if v.cur != nil {
		v.cur.close()
		v.cur = nil
	}
	v.drop()
}

// take makes e the encoder, instead of one that has failed because of cause, or
// without cause.
func (v *Video) take(e *engine, cause error) {
	c := VideoConfig{VideoParams: e.params, Name: e.name, Hardware: e.hardware, Record: e.record}
	if was := v.now.Load(); was != nil {
		c.Failed, c.Cause = was.Failed, was.Cause
		if cause != nil {
			c.Failed, c.Cause = was.Name, cause
		}
	}
	v.cur, v.told, v.sinceKey = e, false, 0
	v.now.Store(&c)
}

// failsOften is how soon after a failure another one ends the stream.
const failsOften = 5 * time.Second

// replace puts the software encoder in the place of one that has failed.
func (v *Video) replace(cause error) error {
	if !v.failed.IsZero() && time.Since(v.failed) < failsOften && !v.cur.hardware {
		return cause
	}
	v.failed = time.Now()
	v.drop()
	p := v.wanted()
	p.Encoder = software(p.Codec)
	if p.Encoder == "" {
		return cause
	}
	e, err := choose(p)
	if err != nil {
		return errors.Join(cause, err)
	}
	v.cur.close()
	v.take(e, cause)
	return nil
}

// wanted are the parameters of an encoder that is opened now.
func (v *Video) wanted() VideoParams {
	p := v.cur.params
	p.Bitrate, p.Preset = int(v.bitrate.Load()), *v.preset.Load()
	return p
}
