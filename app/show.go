package app

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"tally/app/program"
	"tally/app/recording"
	"tally/app/rehearsal"
	"tally/capture"
	"tally/encoder"
)

// show is one GO LIVE to END.
//
//	Picture ──Latest──> encodeVideo ──┐
//	                                  ├─packets─> fanOut ─┬─> output.write …
//	Sound ────sounds──> encodeAudio ──┘                   └─> splice ─> tape
//
// Ending travels down the same way: the program stops delivering, the encoders
// flush, fanOut hands on what is left, then every output says goodbye and the
// recording is finished. Cancelling run's context is the emergency brake.
type show struct {
	clock   capture.Clock
	picture *program.Picture // nil: sound only
	sound   *program.Sound   // nil: picture only
	video   *encoder.Video
	audio   *encoder.Audio
	outputs []*output
	tape    *tape
	splice  splice               // what the tape gets
	second  *second              // nil: sound only
	record  *recording.Recording // to begin with; nil: nothing is recorded

	frames  *program.Latest
	sounds  chan *capture.Samples
	packets chan made     // bounded; fanOut never waits, so neither do encoders for long
	ending  chan struct{} // closed by control: finish

	budget   // of the picture
	keepUp   keepUp
	eases    atomic.Bool   // keepUp may do something
	answered chan struct{} // closed when every server has answered; see awaitAnswer
	forceKey atomic.Bool
	overflow atomic.Int64 // blocks of sound that the encoder was too slow for

	encoded   rate         // pictures
	videoOut  rate         // bytes
	audioOut  rate         // bytes
	latencyNs atomic.Int64 // from capture until encoded, of the newest picture

	rehearsal      *rehearsal.Server // nil: a real show
	repeatedBefore int               // the program's count when the show began
	numbers        numbers           // control's own
}

// numbers are the rates as last read.
type numbers struct {
	fps                  float64
	videoKbps, audioKbps int
}

// soundsQueued bounds the edge in front of the audio encoder, in blocks of
// usually 10 ms. What does not fit is counted as overflow: the machine stands
// still.
const soundsQueued = 256

// packetsQueued bounds the edge behind the encoders.
const packetsQueued = 256

// run lives from GO LIVE to the last goodbye. It returns what broke the show, or
// nil.
func (sh *show) run(ctx context.Context) error {
	var goodbyes sync.WaitGroup
	outputs, stopOutputs := context.WithCancel(ctx)
	defer stopOutputs()
	for _, o := range sh.outputs {
		goodbyes.Go(func() { o.run(outputs) })
	}

	if sh.record != nil {
		sh.tape.begin(sh.record)
	}
	sh.awaitAnswer(ctx)
	encoders, ctx := errgroup.WithContext(ctx)
	if sh.video != nil {
		encoders.Go(func() error { return sh.encodeVideo(ctx) })
		encoders.Go(func() error { return sh.adapting().run(ctx, sh.ending) })
	}
	if sh.audio != nil {
		encoders.Go(func() error { return sh.encodeAudio(ctx) })
	}
	fanned := make(chan struct{})
	go func() {
		defer close(fanned)
		sh.fanOut()
	}()
	err := encoders.Wait()
	close(sh.packets)
	<-fanned

	for _, o := range sh.outputs {
		close(o.ending)
	}
	sh.tape.end()
	goodbyes.Wait()
	sh.tape.close()
	if sh.rehearsal != nil {
		err = errors.Join(err, sh.rehearsal.Close())
	}
	return err
}

// headStart is how long the encoders wait for the servers to answer. One that
// answers in time gets the show from its first key frame; for a slower one
// another key frame has to be made.
const headStart = time.Second

func (sh *show) awaitAnswer(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-sh.ending:
	case <-sh.answered:
	case <-time.After(headStart):
	}
}

// answer notes that every output has been accepted or has failed. Control calls
// it.
func (sh *show) answer() {
	select {
	case <-sh.answered:
	default:
		close(sh.answered)
	}
}

// errSlowDisk means that a disk has not taken the end of the recording in time;
// it is still being written.
var errSlowDisk = errors.New("the disk is slow")

// encodeVideo is a stage. It owns sh.video.
func (sh *show) encodeVideo(ctx context.Context) error {
	defer sh.video.Close()
	defer sh.frames.Drop()
	sh.picture.Deliver(sh.frames.Put)
	defer sh.picture.Deliver(nil)
	defer sh.second.close()
	taken := int64(0)
	emit := func(p *encoder.Packet) {
		sh.videoOut.add(len(p.Data))
		sh.latencyNs.Store(int64(sh.clock.Now() - p.PTS))
		sh.packets <- made{p, false}
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-sh.ending:
			return wrap("Tally could not finish the picture.", sh.video.Flush(emit))
		case <-sh.frames.Ready():
		}
		f := sh.frames.Take()
		if f == nil {
			continue
		}
		taken++
		if sh.keepUp.see(sh.clock.Now(), sh.frames.Lost(), int(taken)) && sh.eases.Load() {
			sh.keepUp.ease(sh.video, sh.clock.Now())
		}
		pace := max(sh.pace.Load(), sh.keepUp.pace())
		left := pace > 1 && taken%pace != 0 && !sh.forceKey.Load()
		sh.encodeTwice(f, !left)
		if left {
			f.Release() // the network or this machine has room for some of the pictures only
			continue
		}
		if err := sh.video.SetBitrate(int(sh.bitrate.Load() * pace)); err != nil { // it spends per picture; see TestBitrateAtHalfThePace
			f.Release()
			return wrap("Tally could not change the bitrate.", err)
		}
		if sh.forceKey.Swap(false) {
			sh.video.ForceKey()
		}
		err := sh.video.Encode(f, emit)
		f.Release()
		if err != nil {
			return wrap("Tally could not encode the picture.", err)
		}
		sh.encoded.add(1)
	}
}

// adapting is the stage that fits the picture to the network.
func (sh *show) adapting() *adapting {
	v, other := sh.video.Config(), 0
	if sh.audio != nil {
		other = sh.audio.Config().Bitrate
	}
	return adaptTo(sh.outputs, &sh.budget, v.Width, v.Height, v.FPS, other)
}

// encodeAudio is a stage. It owns sh.audio.
func (sh *show) encodeAudio(ctx context.Context) error {
	defer sh.audio.Close()
	sh.sound.Deliver(func(b *capture.Samples) {
		select {
		case sh.sounds <- b:
		default:
			b.Release()
			sh.overflow.Add(1)
		}
	})
	defer func() {
		sh.sound.Deliver(nil)
		for len(sh.sounds) > 0 {
			(<-sh.sounds).Release()
		}
	}()
	emit := func(p *encoder.Packet) {
		sh.audioOut.add(len(p.Data))
		sh.packets <- made{p, false}
	}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-sh.ending:
			return wrap("Tally could not finish the sound.", sh.audio.Flush(emit))
		case b := <-sh.sounds:
			err := sh.audio.Encode(b, emit)
			b.Release()
			if err != nil {
				return wrap("Tally could not encode the sound.", err)
			}
		}
	}
}

// fanOut hands every packet to every output and the recording, in one order,
// until packets is closed. Nothing in it waits.
func (sh *show) fanOut() {
	patience := 3 * time.Second
	if sh.video != nil && sh.video.Config().LowLatency {
		// Sound of the same moment is later, by its packets of 21 ms and the microphone's
		// buffer. A picture waits for it until the next one comes, and no longer.
		patience = time.Second * 9 / 10 / time.Duration(sh.video.Config().FPS)
	}
	order := newInterleave(sh.video != nil, sh.audio != nil, patience)
	defer sh.splice.close()
	for p := range sh.packets {
		if sh.sound != nil { // a track that is shifted comes so much earlier or later than the other
			order.patience = patience + sh.sound.Shifted().Abs()
		}
		switch {
		case !p.second:
			order.add(p.Packet)
			sh.hand(order)
		case p.Packet == nil:
			sh.splice.ended()
		default:
			sh.splice.second(p.Packet)
			p.Release()
		}
	}
	order.end(encoder.VideoTrack)
	order.end(encoder.AudioTrack)
	sh.hand(order)
}

func (sh *show) hand(order *interleave) {
	for p := order.next(); p != nil; p = order.next() {
		for _, o := range sh.outputs {
			o.write(p.Retain())
		}
		sh.splice.stream(p) // retains what it keeps
		p.Release()
	}
}

// recordError is why a recording could not begin or go on. The show goes on
// without it.
type recordError struct{ err error }

func (e *recordError) Error() string { return "app: record: " + e.err.Error() }
func (e *recordError) Unwrap() error { return e.err }

// stageError is the failure of a step of the show.
type stageError struct {
	what Sentence
	err  error
}

func (e *stageError) Error() string { return "app: " + e.what.String() + " " + e.err.Error() }
func (e *stageError) Unwrap() error { return e.err }

func wrap(what Sentence, err error) error {
	if err == nil {
		return nil
	}
	return &stageError{what, err}
}
