// Package media plays a file as if it were a camera and a microphone: at
// real-time pace, picture and sound in step.
//
//	file ──> input (pictures only) ──> pace ──> Sink.Video
//	   └───> input (sound only) ─────> pace ──> Sink.Audio
//
// The file is opened once for each track. However badly it is interleaved,
// nothing has to be buffered: each track decodes one frame ahead of what is due.
package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// Options say how a file is played. The zero value of a field means its default.
type Options struct {
	Loop     bool          // from the beginning again, without end
	Paused   bool          // show the first picture, and wait
	From     time.Duration // where in the file to begin
	Rate     int           // of the sound that is delivered, in Hz; 48000
	Channels int           // 2
}

// Info is what a file holds.
type Info struct {
	Video, Audio  bool
	Width, Height int           // as shown: upright, with square pixels; 0 without video
	FPS           float64       // 0 when the file does not say
	Duration      time.Duration // 0 when the file does not say
	VideoCodec    string        // "h264"
	AudioCodec    string        // "aac"
	Rate          int           // the file's own, in Hz
	Channels      int
}

// openDeadline bounds how long a file may take to say what it is.
const openDeadline = 10 * time.Second

// Probe looks at the beginning of a file. A file that cannot be played gives an
// error that wraps [capture.ErrUnreadable], and the operating system's own cause
// if there is one.
func Probe(path string) (Info, error) {
	in, err := open(context.Background(), path, libav.InputSetup{Video: true, Audio: true, Rate: 48000, Channels: 2, Threads: 1})
	if err != nil {
		return Info{}, err
	}
	defer in.Close()
	i := in.Info()
	return Info{
		Video: i.Video, Audio: i.Audio, Width: i.Width, Height: i.Height, FPS: i.FPS, Duration: i.Duration,
		VideoCodec: i.VideoCodec, AudioCodec: i.AudioCodec, Rate: i.Rate, Channels: i.Channels,
	}, nil
}

// open opens a file and gives up when ctx ends or it takes too long. The caller
// closes the input.
func open(ctx context.Context, path string, setup libav.InputSetup) (*libav.Input, error) {
	fail := func(cause error) (*libav.Input, error) {
		return nil, fmt.Errorf("media: open %s: %w: %w", filepath.Base(path), capture.ErrUnreadable, cause)
	}
	// Opening a pipe or a device could wait for ever, where nothing can interrupt it.
	switch st, err := os.Stat(path); {
	case err != nil:
		return fail(err)
	case !st.Mode().IsRegular():
		return fail(errNoFile)
	}
	ctx, cancel := context.WithTimeout(ctx, openDeadline)
	defer cancel()
	in := libav.NewInput()
	stop := context.AfterFunc(ctx, in.Interrupt)
	err := in.Open(path, setup)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		in.Close()
		return fail(err)
	}
	return in, nil
}

var (
	errNoFile  = errors.New("not a regular file")
	errNothing = errors.New("nothing in it can be decoded")
)

// Source plays one file. See [capture.Source].
type Source struct {
	path  string
	clock capture.Clock
	opt   Options
	info  Info
	deck  *transport
}

// Open looks at a file and prepares to play it. It fails as [Probe] does.
func Open(path string, clock capture.Clock, opt Options) (*Source, error) {
	info, err := Probe(path)
	if err != nil {
		return nil, err
	}
	if opt.Rate == 0 {
		opt.Rate = 48000
	}
	if opt.Channels == 0 {
		opt.Channels = 2
	}
	deck := newTransport(clock, 0, opt.From, opt.Loop, opt.Paused)
	return &Source{path: path, clock: clock, opt: opt, info: info, deck: deck}, nil
}

// Seek plays on from another place in the file. It is false when the file is over
// already. Like the methods below, it may be called from any goroutine.
func (s *Source) Seek(to time.Duration) bool {
	to = max(to, 0)
	if s.info.Duration > 0 {
		to = min(to, s.info.Duration)
	}
	return s.deck.seek(to)
}

// Loop says whether the file begins anew at its end.
func (s *Source) Loop(on bool) { s.deck.setLoop(on) }

// Pause stops the file at the picture that it shows, or lets it go on.
func (s *Source) Pause(on bool) { s.deck.pause(on) }

// Position is where in the file it plays, and whether it is paused.
func (s *Source) Position() (at time.Duration, paused bool) {
	at, paused = s.deck.position()
	if s.info.Duration > 0 {
		at = min(at, s.info.Duration)
	}
	return max(at, 0), paused
}

// Info is what the file holds.
func (s *Source) Info() Info { return s.info }

// Run plays the file, beginning now. Pictures are I420 in the file's own size,
// delivered when they are due and stamped with that time; sound is delivered
// when the last sample of a block is due. A machine that is too slow skips
// pictures. A picture that stands for longer is delivered again four times a
// second; an image is a picture that stands for ever. A track that the file
// does not have, or the sink does not want, is left out. The two functions of the sink are called from a goroutine each. Run
// returns nil when the last track is over. It returns an error that
// wraps [capture.ErrUnreadable] when the file has none of what the sink wants, or
// nothing in it can be decoded.
func (s *Source) Run(ctx context.Context, sink capture.Sink) error {
	var tracks []*track
	if sink.Video != nil && s.info.Video {
		tracks = append(tracks, &track{source: s, video: sink.Video})
	}
	if sink.Audio != nil && s.info.Audio {
		tracks = append(tracks, &track{source: s, audio: sink.Audio})
	}
	if len(tracks) == 0 {
		return fmt.Errorf("media: play %s: %w: %w", filepath.Base(s.path), capture.ErrUnreadable, errNoTrack)
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	s.deck.tracks = len(tracks)
	results := make(chan error, len(tracks))
	for _, t := range tracks {
		t.deck = s.deck
		go func() { results <- t.play(inner) }()
	}
	var first error
	for range tracks {
		if err := <-results; err != nil && first == nil {
			first = err
			cancel()
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return first
}

var errNoTrack = errors.New("it has neither picture nor sound that is wanted")
