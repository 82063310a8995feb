package program

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// What the program sounds like, whatever the sources deliver.
const (
	SoundRate     = 48000 // Hz
	SoundChannels = 2
)

const (
	// queueBlocks bounds the edge between source and program: over a second of
	// sound in the usual blocks of 10 ms.
	queueBlocks = 128
	// silenceAfter is how long a source may be late before silence stands in
	// for it. Sound servers deliver up to 200 ms late.
	silenceAfter = 350 * time.Millisecond
	// silenceLag is how far behind the present that silence stays, so that a
	// source that comes back is rarely cut.
	silenceLag = 150 * time.Millisecond
)

// ErrSoundOverflow means that sound came faster than it could be taken for over
// a second, which happens only when the machine stands still.
var ErrSoundOverflow = errors.New("program: sound: queue is full")

// Sound makes every source into one continuous 48 kHz stereo sound. Packets are
// cut from it by count, so its stamps advance exactly with its samples; see
// [splice] for how the source's own clock is followed.
type Sound struct {
	in    chan *capture.Samples
	clock capture.Clock
	meter *Meter

	muted   atomic.Bool
	shift   atomic.Int64 // nanoseconds, see Shift
	offset  atomic.Int64 // nanoseconds, see Offset
	deliver atomic.Pointer[func(*capture.Samples)]
}

// NewSound returns the stage.
func NewSound(clock capture.Clock) *Sound {
	return &Sound{in: make(chan *capture.Samples, queueBlocks), clock: clock, meter: newMeter()}
}

// Put takes over a reference to a block from the source. It reports
// [ErrSoundOverflow] when the block could not be kept.
func (s *Sound) Put(b *capture.Samples) error {
	select {
	case s.in <- b:
		return nil
	default:
		b.Release()
		return ErrSoundOverflow
	}
}

// Deliver sets who gets the program's sound, nil for nobody. The function takes
// over the reference and returns at once.
func (s *Sound) Deliver(fn func(*capture.Samples)) {
	if fn == nil {
		s.deliver.Store(nil)
		return
	}
	s.deliver.Store(&fn)
}

// Mute replaces what goes out by silence. The meter goes on showing the source.
func (s *Sound) Mute(on bool) { s.muted.Store(on) }

// Shift makes the sound be heard so much later, or if negative earlier, than it was
// captured. It takes effect at once: the gap is silence, and what is too much
// is cut.
func (s *Sound) Shift(by time.Duration) { s.shift.Store(int64(by)) }

// Shifted is by how much.
func (s *Sound) Shifted() time.Duration { return time.Duration(s.shift.Load()) }

// Level is how loud the source is.
func (s *Sound) Level() Level { return s.meter.Level() }

// Offset is how much later the sound lies in the program than it was captured, and
// was shifted: what following a drifting device leaves over.
func (s *Sound) Offset() time.Duration { return time.Duration(s.offset.Load()) }

// Run works until ctx ends.
func (s *Sound) Run(ctx context.Context) error {
	var sp splice
	defer sp.close()
	defer s.drain()
	watch := time.NewTicker(50 * time.Millisecond)
	defer watch.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case b := <-s.in:
			out, err := sp.add(b, s.Shifted())
			b.Release()
			if err != nil {
				return err // swresample refuses a shape: nothing later can help
			}
			s.offset.Store(int64(sp.offset))
			s.meter.add(sp.fresh(out))
			s.emit(out)
		case <-watch.C:
			if out := sp.fill(s.clock.Now() + s.Shifted()); out != nil {
				s.meter.add(out.Data)
				s.emit(out)
			}
		}
	}
}

// emit takes over the reference to b.
func (s *Sound) emit(b *capture.Samples) {
	fn := s.deliver.Load()
	if b == nil || fn == nil || len(b.Data) == 0 {
		if b != nil {
			b.Release()
		}
		return
	}
	if s.muted.Load() {
		clear(b.Data)
	}
	(*fn)(b)
}

func (s *Sound) drain() {
	for {
		select {
		case b := <-s.in:
			b.Release()
		default:
			return
		}
	}
}

// splice joins blocks into one sound without a seam. Where stamps and counted
// samples part slowly, because the device's clock is not ours, the sound is
// resampled a little (at most 0.5 %, inaudible); where they part at once,
// silence is put in or sound is cut out.
type splice struct {
	resampler  *libav.Resampler
	rate, chns int // of the source that the resampler was made for
	later      time.Duration
	moving     bool // later has changed, and the sound is not there yet

	started bool
	start   time.Duration // stamp of the first sample
	frames  int64         // that have gone out since
	offset  time.Duration // smoothed: where sound lies in the program, less its stamp
	steered int64         // frames at which the resampler was last told
	scratch []float32
	silence int // frames of out at the front that are no sound of the source
}

// seam is the difference between stamp and count from which the sound is cut
// instead of steered.
const seam = 60 * time.Millisecond

func (sp *splice) close() {
	if sp.resampler != nil {
		sp.resampler.Close()
	}
}

// at is the stamp of the next sample that goes out.
func (sp *splice) at() time.Duration {
	return sp.start + time.Duration(sp.frames)*time.Second/SoundRate
}

// add joins a block, which is to be heard so much later than it was captured. The
// caller owns what it returns.
func (sp *splice) add(b *capture.Samples, later time.Duration) (*capture.Samples, error) {
	if sp.resampler == nil || sp.rate != b.Rate || sp.chns != b.Channels {
		sp.close()
		r, err := libav.NewResampler(b.Rate, b.Channels, SoundRate, SoundChannels)
		if err != nil {
			sp.resampler = nil
			return nil, err
		}
		sp.resampler, sp.rate, sp.chns = r, b.Rate, b.Channels
	}
	stamp := b.PTS + later - sp.resampler.Delay() // of the first sample that comes out
	data, err := sp.resampler.Convert(sp.scratch[:0], b.Data)
	if err != nil {
		return nil, err
	}
	sp.scratch = data
	if !sp.started {
		sp.started, sp.start, sp.offset = true, stamp, 0
	}
	apart := stamp - sp.at() // > 0: something is missing
	within := seam
	if later != sp.later {
		sp.later, sp.moving = later, true
	}
	if sp.moving { // the user's wish: at once, not little by little
		within = 0
	}
	pad := 0
	switch {
	case apart > within:
		pad = min(int(apart*SoundRate/time.Second), 10*SoundRate)
		sp.offset = 0
	case apart < -within:
		cut := min(int(-apart*SoundRate/time.Second)*SoundChannels, len(data))
		data = data[cut:]
		sp.offset = 0
	default:
		sp.steer(-apart)
	}
	sp.moving = sp.moving && len(data) == 0
	out := capture.NewSamples(SoundRate, SoundChannels, pad+len(data)/SoundChannels)
	out.PTS = sp.at()
	clear(out.Data[:pad*SoundChannels])
	copy(out.Data[pad*SoundChannels:], data)
	sp.silence = pad
	sp.frames += int64(out.Frames())
	return out, nil
}

// steer smooths the offset over some seconds and asks the resampler, once a
// second, to take back a fraction of it.
func (sp *splice) steer(offset time.Duration) {
	const smoothing = 256 // blocks of 10 ms: a time constant of 2.5 s
	sp.offset += (offset - sp.offset) / smoothing
	if sp.frames-sp.steered < SoundRate {
		return
	}
	sp.steered = sp.frames
	const most = SoundRate / 200 // 0.5 %
	delta := -int(sp.offset * SoundRate / time.Second / 4)
	// A refusal leaves the pitch as it is; the seam catches what builds up.
	_ = sp.resampler.Compensate(max(-most, min(delta, most)), SoundRate)
}

// fresh is the part of a block that the source made.
func (sp *splice) fresh(b *capture.Samples) []float32 { return b.Data[sp.silence*SoundChannels:] }

// fill makes silence when the source has been late for too long. Before the
// first block ever, the sound begins with silence as well.
func (sp *splice) fill(now time.Duration) *capture.Samples {
	if !sp.started {
		sp.started, sp.start = true, now-silenceLag
		return nil
	}
	if now-sp.at() < silenceAfter {
		return nil
	}
	missing := min(now-silenceLag-sp.at(), time.Second)
	out := capture.NewSamples(SoundRate, SoundChannels, int(missing*SoundRate/time.Second))
	out.PTS = sp.at()
	clear(out.Data)
	sp.frames += int64(out.Frames())
	sp.offset = 0
	return out
}
