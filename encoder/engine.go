package encoder

import (
	"errors"
	"fmt"
	"time"

	"tally/capture"
	"tally/capture/libav"
	"tally/encoder/internal/fault"
)

// engine is one opened encoder of libavcodec. [Video] changes it for another in the
// middle of a stream. It belongs to one goroutine.
type engine struct {
	backend
	params   VideoParams // with what it was opened; Bitrate is the one in force
	record   []byte
	enc      fault.Coder
	annexB   bool // packets come with start codes
	duration time.Duration
	pkt      libav.Packet
	own      *worker // makes the calls into hardware, which may never return; else nil
	fed      bool    // was given a picture

	owed  int       // pictures since the last packet
	heard time.Time // when that was
}

const (
	// stuckAfter is how long hardware may do nothing.
	stuckAfter = time.Second
	// deepest is how many pictures hardware may hold back by right.
	deepest = 8
)

var (
	errStuck = errors.New("a call does not return")
	errMute  = errors.New("it takes pictures and gives nothing")
)

// openTried opens an encoder, hardware after a dry run.
func (b backend) openTried(p VideoParams) (*engine, error) {
	var first []byte
	if b.hardware {
		var err error
		if first, err = b.dryRun(p); err != nil {
			return nil, fmt.Errorf("encoder: try %s: %w", b.name, err)
		}
	}
	enc, err := b.coder(p)
	if err != nil {
		return nil, fmt.Errorf("encoder: open %s: %w", b.name, err)
	}
	extra := enc.Extradata()
	if len(extra) == 0 {
		extra = first // some put their parameter sets nowhere else
	}
	rec, err := record(p.Codec, extra)
	if err != nil {
		enc.Close()
		return nil, fmt.Errorf("encoder: open %s: %w", b.name, err)
	}
	e := &engine{
		backend: b, params: p, record: rec, enc: enc, annexB: p.Codec != AV1 && startCoded(extra),
		duration: time.Second / time.Duration(p.FPS), heard: time.Now(),
	}
	if b.hardware {
		e.own = startWorker(e)
	}
	return e, nil
}

// coder opens libavcodec's encoder.
func (b backend) coder(p VideoParams) (fault.Coder, error) {
	s := libav.VideoSetup{
		Codec: b.name, Width: p.Width, Height: p.Height, FPS: p.FPS, Bitrate: p.Bitrate, VBV: vbv(p.Bitrate),
		KeyInterval: 2 * framesIn(p.KeyInterval, p.FPS), // Video asks for key frames by the clock; this only bounds it
		Borrows:     b.borrows, Device: b.memory, Options: b.options(p),
	}
	if b.threads != nil {
		s.Threads = b.threads(p)
	}
	if b.open != nil {
		return b.open(s)
	}
	return libav.OpenVideo(s)
}

// dryRun finds out whether the hardware does what its driver promises, and returns
// the first packet that it made.
func (b backend) dryRun(p VideoParams) ([]byte, error) {
	type result struct {
		first []byte
		err   error
	}
	const patience = 3 * time.Second // drivers load their firmware at the first use
	done := make(chan result, 1)
	go func() {
		first, err := b.try(p)
		done <- result{first, err}
	}()
	select {
	case r := <-done:
		return r.first, r.err
	case <-time.After(patience):
		return nil, errStuck
	}
}

// try encodes a few pictures that nobody sees.
func (b backend) try(p VideoParams) (first []byte, err error) {
	enc, err := b.coder(p)
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	const pictures = 5
	made := 0
	receive := func(err error) error {
		var pkt libav.Packet
		for more := true; err == nil && more; {
			if more, err = enc.Receive(&pkt); err != nil || !more {
				break
			}
			if made++; made == 1 {
				first = append(first, pkt.Data...)
			}
		}
		return err
	}
	f := capture.NewFramePool(capture.I420, p.Width, p.Height).Get()
	for n := range pictures {
		if err := receive(enc.Send(f, int64(n)*int64(time.Second)/int64(p.FPS), n == 0)); err != nil {
			return nil, err
		}
	}
	if err := receive(enc.Drain()); err != nil {
		return nil, err
	}
	if made != pictures {
		return nil, fmt.Errorf("%d pictures became %d packets", pictures, made)
	}
	return first, nil
}

// encode encodes one picture and hands emit what is ready.
func (e *engine) encode(f *capture.Frame, pts time.Duration, key bool, emit func(*Packet)) error {
	e.fed = true
	if e.own == nil {
		if err := e.enc.Send(f, int64(pts), key); err != nil {
			return err
		}
		return e.receive(emit)
	}
	made, err := e.own.do(job{f, pts, key})
	for _, p := range made {
		emit(p)
	}
	if e.owed++; len(made) > 0 {
		e.owed, e.heard = 0, time.Now()
	}
	if err == nil && e.owed > deepest && time.Since(e.heard) > stuckAfter {
		err = errMute
	}
	return err
}

// drain makes the encoder give what it still holds. One that was given nothing is not
// asked: SVT-AV1 would wait for a picture for ever.
func (e *engine) drain(emit func(*Packet)) error {
	if !e.fed {
		return nil
	}
	if e.own == nil {
		if err := e.enc.Drain(); err != nil {
			return err
		}
		return e.receive(emit)
	}
	made, err := e.own.do(job{})
	for _, p := range made {
		emit(p)
	}
	return err
}

func (e *engine) receive(emit func(*Packet)) error {
	for {
		more, err := e.enc.Receive(&e.pkt)
		if err != nil || !more {
			return err
		}
		p := newPacket(VideoTrack, len(e.pkt.Data))
		switch {
		case e.annexB:
			p.Data = appendLengths(p.Data[:0], e.codec, e.pkt.Data)
		case e.codec == AV1:
			p.Data = append(p.Data[:0], withoutDelimiter(e.pkt.Data)...)
		default:
			copy(p.Data, e.pkt.Data)
		}
		if len(p.Data) == 0 { // nothing but delimiters
			p.Release()
			continue
		}
		p.PTS, p.DTS = time.Duration(e.pkt.PTS), time.Duration(e.pkt.DTS)
		p.Duration, p.Key = e.duration, e.pkt.Key
		emit(p)
	}
}

// setBitrate changes what is not fixed.
func (e *engine) setBitrate(bits int) {
	e.enc.SetBitrate(bits, vbv(bits))
	e.params.Bitrate = bits
}

func (e *engine) close() {
	if e.own != nil {
		e.own.close()
		return
	}
	if !e.fed && e.codec == AV1 { // nor does SVT-AV1 (1.4) let itself be freed without one
		f := capture.NewFramePool(capture.I420, e.params.Width, e.params.Height).Get()
		_ = e.enc.Send(f, 0, true)
		f.Release()
	}
	e.enc.Close()
}

// vbv is the size of the buffer that the bitrate is held in: one second.
func vbv(bitrate int) int { return bitrate }

func framesIn(d time.Duration, fps int) int {
	return max(1, int((d*time.Duration(fps)+time.Second/2)/time.Second))
}
