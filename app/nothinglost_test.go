package app

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tally/app/linksim"
	"tally/app/program"
	"tally/app/recording"
	"tally/capture"
	"tally/capture/libav"
	"tally/capture/testcard"
	"tally/encoder"
	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// viewers is a server whose pictures nobody looks at.
type viewers struct{}

func (viewers) Message(rtmptest.Message) error { return nil }
func (viewers) End(error)                      {}

// TestNothingLost performs a show through three failures of the network, in
// simulated time and with the stages of the real program: test card, encoders,
// fan-out, outputs, adaptation, and a file on a disk. The recording must have
// every picture, by the test card's counter, and tell what viewers have missed.
//
// TALLY_SHOW=30m makes the show longer than the few minutes that the failures
// take.
func TestNothingLost(t *testing.T) {
	length := 4 * time.Minute
	if s := os.Getenv("TALLY_SHOW"); s != "" {
		var err error
		if length, err = time.ParseDuration(s); err != nil || length < 4*time.Minute {
			t.Fatalf("TALLY_SHOW=%s: want 4m or more", s)
		}
	}
	path := filepath.Join(t.TempDir(), "show.mkv")
	var kept int64
	synctest.Test(t, func(t *testing.T) { kept = performThroughFailures(t, path, length) })

	first, last, pictures := countPictures(t, path)
	if gap := int(last-first) + 1 - pictures; gap != 0 {
		t.Errorf("pictures %d to %d are %d in the file: %d are missing", first, last, pictures, gap)
	}
	if long := time.Duration(pictures) * time.Second / 30; long < length-2*time.Second {
		t.Errorf("the recording of %v is %v long", length, long)
	}
	if kept == 0 {
		t.Error("the recording was never encoded by itself, although the network was narrow")
	}
	missed, err := recording.Missed(path)
	if err != nil || len(missed) < 2 {
		t.Fatalf("viewers missed %+v, %v", missed, err)
	}
	for i, want := range []time.Duration{30 * time.Second, 90 * time.Second} {
		g := missed[i]
		if off := g.From - want; off < -2*time.Second || off > 3*time.Second || g.Until-g.From < 10*time.Second || g.Until-g.From > 40*time.Second {
			t.Errorf("missed from %v until %v (%s), and the network failed at %v", g.From, g.Until, g.Cause, want)
		}
	}
	made, err := recording.ExportMissed(t.Context(), path, missed[:1])
	if err != nil {
		t.Fatal(err)
	}
	from, to, n := countPictures(t, made[0].Path)
	if int(to-from)+1 != n || made[0].Duration < missed[0].Until-missed[0].From {
		t.Errorf("exported pictures %d to %d, %d of them, as %+v", from, to, n, made[0])
	}
	t.Logf("%v on the simulated clock: %d pictures, none missing; viewers missed %+v", length, pictures, missed)
}

// performThroughFailures returns how often the recording was encoded by itself.
func performThroughFailures(t *testing.T, path string, length time.Duration) int64 {
	network := linksim.New(1)
	defer network.Close()
	listen := func() *rtmptest.Server {
		s, err := rtmptest.Listen(rtmptest.Config{Listener: network.Listen("far:1935"), Acks: rtmptest.AckCumulative, Publish: func(rtmptest.Publication) (rtmptest.Receiver, error) {
			return viewers{}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	server := listen()

	set := DefaultSettings()
	set.Video.Width, set.Video.Height, set.Video.BitrateKbps, set.Video.Preset = 320, 180, 1200, "ultrafast"
	set.Video.Encoder = "x264"
	studio := New(Options{Settings: set, Keys: MemoryKeys{}})
	sh, ctx, stopSources := stagedShow(t, studio, set)
	to, err := rtmpout.ParseTarget("rtmp://far:1935/live", testKey)
	if err != nil {
		t.Fatal(err)
	}
	opts := sh.publishing()
	opts.DialContext = network.DialContext
	sh.outputs = []*output{newOutput("far", to, opts, sh.wantKey, func() {})}
	sh.outputs[0].main = true
	if sh.record, err = recording.New(studio.recording(sh.tape.params(), path, set)); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- sh.run(ctx) }()
	close(sh.answered)

	began, encodings, own := time.Now(), int64(0), false
	at := func(d time.Duration, what func()) {
		for time.Since(began) < d {
			time.Sleep(time.Second)
			sh.noteOffAir()
			if now := !sh.splice.idle(); now != own {
				if own = now; own {
					encodings++
				}
			}
		}
		what()
	}
	at(30*time.Second, func() { network.Set(func(w *linksim.Weather) { w.Up, w.Down = 0, 0 }) })
	at(50*time.Second, func() { network.Set(func(w *linksim.Weather) { *w = linksim.Fair }) })
	at(90*time.Second, func() { server.Cut(); server.Close() })
	at(105*time.Second, func() { server = listen() })
	at(150*time.Second, func() { network.Set(func(w *linksim.Weather) { w.Up = 700_000 }) })
	at(190*time.Second, func() { network.Set(func(w *linksim.Weather) { *w = linksim.Fair }) })
	at(length, func() { close(sh.ending) })
	if err := <-done; err != nil {
		t.Errorf("the show: %v", err)
	}
	if st := sh.tape.status(set, time.Now()); !st.Problem.IsZero() || st.Dropped != 0 || sh.frames.Lost() != 0 || sh.second.lost.Load() != 0 {
		t.Errorf("the recording says %+v, %d pictures were never encoded", st, sh.frames.Lost())
	}
	server.Close()
	stopSources()
	return encodings
}

// stagedShow is a show with test card and tone, before it begins.
func stagedShow(t *testing.T, s *Studio, set Settings) (*show, context.Context, func()) {
	t.Helper()
	sh := &show{
		clock: s.clock, frames: program.NewLatest(), sounds: make(chan *capture.Samples, soundsQueued),
		packets: make(chan made, packetsQueued), ending: make(chan struct{}), answered: make(chan struct{}),
		picture: s.picture, sound: s.sound,
	}
	sh.chosen.Store(int64(set.Video.BitrateKbps) * 1000)
	sh.bitrate.Store(sh.chosen.Load())
	sh.adapts.Store(true)
	var err error
	if sh.video, err = encoder.OpenVideo(videoParams(set.Video)); err != nil {
		t.Fatal(err)
	}
	if sh.audio, err = encoder.OpenAudio(encoder.AudioParams{Rate: program.SoundRate, Channels: program.SoundChannels}); err != nil {
		t.Fatal(err)
	}
	s.openTape(sh, set)
	ctx, cancel := context.WithCancel(context.Background())
	var sources sync.WaitGroup
	for _, run := range []func(context.Context) error{
		s.picture.Run, s.sound.Run, s.preview.Run,
		func(ctx context.Context) error {
			return testcard.Open(set.Video.Width, set.Video.Height, float64(set.Video.FPS), s.clock).Run(ctx, capture.Sink{Video: s.picture.In.Put})
		},
		func(ctx context.Context) error {
			return testcard.OpenTone(s.clock).Run(ctx, capture.Sink{Audio: s.hear})
		},
	} {
		sources.Go(func() {
			if err := run(ctx); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	return sh, ctx, func() { cancel(); sources.Wait() }
}

// countPictures decodes a file and reads the test card's counter of each picture,
// which must count up.
func countPictures(t *testing.T, path string) (first, last uint32, pictures int) {
	t.Helper()
	in := libav.NewInput()
	defer in.Close()
	if err := in.Open(path, libav.InputSetup{Video: true, Threads: 1}); err != nil {
		t.Fatal(err)
	}
	f := capture.NewFramePool(capture.I420, 320, 180).Get()
	defer f.Release()
	for {
		_, err := in.Next()
		if err == io.EOF {
			return first, last, pictures
		}
		if err == nil {
			err = in.Picture(f)
		}
		if err != nil {
			t.Fatalf("picture %d: %v", pictures, err)
		}
		n, ok := testcard.ReadCounter(f.Plane[0], f.Stride[0], f.Width, f.Height)
		switch {
		case !ok:
			t.Fatalf("picture %d has no counter", pictures)
		case pictures == 0:
			first = n
		case n != last+1:
			t.Errorf("after picture %d comes %d", last, n)
			if t.Failed() && pictures > 100000 {
				t.FailNow()
			}
		}
		last = n
		pictures++
	}
}
