package app

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"time"

	keepawake "tally/app/awake"
	"tally/app/program"
	"tally/app/recording"
	"tally/app/rehearsal"
	"tally/app/words"
	"tally/capture"
	"tally/capture/media"
	"tally/encoder"
	"tally/rtmpout"
)

var errNothingToSend = errors.New("app: neither picture nor sound is chosen")

// perform prepares and runs one show. It is the goroutine behind a [stage].
func (s *Studio) perform(ctx context.Context, set Settings, st *stage) error {
	s.measuring.wait(ctx)
	sh, err := s.prepare(ctx, set, st)
	if err != nil {
		return err
	}
	st.ready <- sh
	awake, sleep := context.WithCancel(ctx)
	var held sync.WaitGroup
	if s.opts.KeepAwake {
		held.Go(func() { keepawake.Run(awake, "A show is on") })
	}
	defer held.Wait()
	defer sleep()
	return sh.run(ctx)
}

// prepare opens everything that a show needs, or nothing.
func (s *Studio) prepare(ctx context.Context, set Settings, st *stage) (_ *show, err error) {
	sh := &show{
		clock: s.clock, frames: program.NewLatest(),
		sounds: make(chan *capture.Samples, soundsQueued), packets: make(chan made, packetsQueued),
		ending: st.ending, answered: make(chan struct{}),
	}
	sh.chosen.Store(int64(set.Video.BitrateKbps) * 1000)
	sh.bitrate.Store(sh.chosen.Load())
	sh.adapts.Store(set.Adapt)
	sh.eases.Store(set.Video.KeepUp)
	defer func() {
		if err != nil {
			sh.discard()
		}
	}()
	if err := checkFiles(set); err != nil {
		return nil, err
	}
	if set.Video.Source != "none" {
		sh.picture, sh.repeatedBefore = s.picture, s.picture.Repeated()
		if sh.video, err = encoder.OpenVideo(videoParams(set.Video)); err != nil {
			return nil, wrap("Tally could not open the video encoder.", err)
		}
	}
	if set.Audio.Source != "none" {
		sh.sound = s.sound
		sh.audio, err = encoder.OpenAudio(encoder.AudioParams{Codec: encoder.Codec(set.Audio.Codec), Rate: program.SoundRate, Channels: program.SoundChannels, Bitrate: set.Audio.BitrateKbps * 1000})
		if err != nil {
			return nil, wrap("Tally could not open the audio encoder.", err)
		}
	}
	if sh.video == nil && sh.audio == nil {
		return nil, errNothingToSend
	}
	if err := s.openOutputs(ctx, sh, set); err != nil {
		return nil, err
	}
	for _, o := range sh.outputs {
		o.resumed = st.resumed
	}
	s.openTape(sh, set)
	if path := s.recordPath(set, sh.rehearsal != nil); path != "" {
		if sh.record, err = openRecording(s.recording(sh.tape.params(), path, set)); err != nil {
			return nil, &recordError{err}
		}
	}
	return sh, nil
}

// checkFiles looks at files before the show is on air: they are opened when it
// is.
func checkFiles(set Settings) error {
	for _, s := range []string{set.Video.Source, set.Audio.Source} {
		if spec := parseSource(s); spec.kind == "file" {
			if _, err := media.Probe(spec.arg); err != nil {
				return &sourceError{filepath.Base(spec.arg), err}
			}
		}
	}
	return nil
}

// discard closes what prepare had opened before it failed.
func (sh *show) discard() {
	if sh.video != nil {
		sh.video.Close()
	}
	if sh.audio != nil {
		sh.audio.Close()
	}
	if sh.rehearsal != nil {
		sh.rehearsal.Close()
	}
}

func videoParams(v VideoSettings) encoder.VideoParams {
	return encoder.VideoParams{
		Width: v.Width, Height: v.Height, FPS: v.FPS, Bitrate: v.BitrateKbps * 1000, KeyInterval: v.KeyInterval,
		Codec: encoder.Codec(v.Codec), Encoder: v.Encoder, Preset: v.Preset, LowLatency: v.LowLatency,
	}
}

// tracks describes the encoders to a recording.
func (sh *show) tracks() recording.Params {
	var t recording.Params
	if sh.video != nil {
		c := sh.video.Config()
		t.Video = &c
	}
	if sh.audio != nil {
		c := sh.audio.Config()
		t.Audio = &c
	}
	return t
}

// openOutputs makes an output of each enabled destination, or one to a rehearsal
// when there is none. Nothing is connected yet.
func (s *Studio) openOutputs(ctx context.Context, sh *show, set Settings) error {
	opts := sh.publishing()
	for _, d := range set.Destinations {
		if !d.Enabled {
			continue
		}
		key, err := s.keyOf(ctx, sh.ending, d)
		if err != nil && !errors.Is(err, ErrNoKey) {
			return err
		}
		to, err := target(d, key)
		if err != nil {
			return wrap(words.Say("Tally could not read the destination %s.", d.Name), err)
		}
		mine := opts
		if d.Enhanced {
			mine.Assume = rtmpout.CanEnhanced
		}
		if mine.Authorities, err = ReadAuthorities(d.CA); err != nil {
			return err
		}
		o := newOutput(d.Name, to, mine, sh.wantKey, s.poke)
		o.main = d.Main
		if d.Backup != "" {
			backup, err := target(Destination{URL: d.Backup}, key)
			if err != nil {
				return wrap(words.Say("Tally could not read the backup of %s.", d.Name), err)
			}
			o.ways = append(o.ways, backup)
		}
		sh.outputs = append(sh.outputs, o)
	}
	if len(sh.outputs) > 0 {
		if !slices.ContainsFunc(sh.outputs, func(o *output) bool { return o.main }) {
			sh.outputs[0].main = true
		}
		return nil
	}
	r, err := rehearsal.Start()
	if err != nil {
		return err
	}
	sh.rehearsal = r
	to, err := rtmpout.ParseTarget(r.URL(), "rehearsal")
	if err != nil {
		return err
	}
	sh.outputs = append(sh.outputs, newOutput("Rehearsal", to, opts, sh.wantKey, s.poke))
	sh.outputs[0].main = true
	return nil
}

// queueTime is how long a picture may wait for the network.
const queueTime = 1000 * time.Millisecond

// wantKey asks the encoder for a key frame.
func (sh *show) wantKey() { sh.forceKey.Store(true) }

// fourCCs are RTMP's names of the codecs.
var fourCCs = map[encoder.Codec]rtmpout.Codec{
	encoder.H264: rtmpout.H264, encoder.HEVC: rtmpout.HEVC, encoder.AV1: rtmpout.AV1, encoder.AAC: rtmpout.AAC, encoder.Opus: rtmpout.Opus,
}

// publishing tells the publisher what it is going to be sent.
func (sh *show) publishing() rtmpout.Options {
	o := rtmpout.Options{Encoder: "Tally " + Version, Interleave: -1, OnlyDeclared: true} // the show's fan-out has interleaved already
	total := 0
	if sh.video != nil {
		c := sh.video.Config()
		o.Video = &rtmpout.VideoTrack{Codec: fourCCs[c.Codec], Config: c.Record, Width: c.Width, Height: c.Height, FPS: float64(c.FPS), Bitrate: c.Bitrate}
		total += c.Bitrate
	}
	if sh.audio != nil {
		c := sh.audio.Config()
		o.Audio = &rtmpout.AudioTrack{Codec: fourCCs[c.Codec], Config: c.Record, Rate: c.Rate, Channels: c.Channels, Bitrate: c.Bitrate}
		total += c.Bitrate
	}
	// A quarter of a second of the show: confirmations come often enough to see
	// within two seconds that they have stopped.
	o.WindowAckSize = max(64<<10, total/8/4)
	// What waits for longer than this is dropped: with what waits in the kernel
	// and on the way, viewers are never more than two seconds behind.
	o.QueueTime = queueTime
	return o
}

// keyringPatience is how long a show waits for its key: somebody may have to type the
// keyring's password first.
const keyringPatience = 45 * time.Second

// keyOf reads the key of a destination, until the user has had enough of waiting.
func (s *Studio) keyOf(ctx context.Context, ending <-chan struct{}, d Destination) (Key, error) {
	ctx, stop := context.WithTimeout(ctx, keyringPatience)
	defer stop()
	go func() {
		select {
		case <-ending:
			stop()
		case <-ctx.Done():
		}
	}()
	return s.opts.Keys.Get(ctx, d.ID)
}
