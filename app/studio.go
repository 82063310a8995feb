package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tally/app/machine"
	"tally/app/netwatch"
	"tally/app/program"
	"tally/app/recording"
	"tally/capture"
	"tally/capture/camera"
)

// Options say how a studio is set up. The zero value is not usable: Keys is
// needed.
type Options struct {
	Settings     Settings
	SettingsPath string   // where Apply saves; empty: nowhere
	Keys         KeyStore // where stream keys are
	RecordPath   string   // record to this file instead of a new one in the settings' folder
	StateDir     string   // where Tally keeps what it must know after a crash; empty: nowhere
	Recover      bool     // finish recordings that a crash has cut off
	WatchDevices bool     // keep the snapshot's list of devices current
	KeepAwake    bool     // neither the computer nor its screen sleeps during a show
	FirstStart   bool     // there are no settings yet
	// Unattended is for the command line: files start when the show is live and
	// end it when they are over.
	Unattended bool
	// Say says a sentence in the user's language: those that stand in the picture
	// and in recordings. It is called from any goroutine; nil: in English.
	Say func(Sentence) string
}

// Studio is what the window and the command line drive. Run owns all that it
// starts; every other method may be called from any goroutine, at any time, and
// returns at once.
type Studio struct {
	opts    Options
	clock   capture.Clock
	preview *program.Preview
	picture *program.Picture
	sound   *program.Sound
	video   *slot
	audio   *slot
	board   *board
	wake    chan struct{} // one token: something changed that control should see
	relist  chan struct{} // one token: look for devices now
	keyWork chan struct{} // one token: keyJobs is not empty
	turned  chan struct{} // one token: look at the camera's controls
	shelf   shelf         // work on files of recordings

	measuring measuring
	watch     watchman // what the checks before a show know

	mu       sync.Mutex // guards what intents leave for the goroutines
	settings Settings
	wish     wish
	keyJobs  []keyJob
	storing  map[string]bool // destinations whose key is on its way to the store
	keys     KeyStatus
	devices  []capture.Device
	machine  machine.Status
	controls []camera.Control            // of the camera in use
	given    map[string]map[uint32]int32 // what each camera's controls were last set to
	problem  Problem                     // of the last show or intent, until the next
	book     book                        // what goes to the disk about shows
	first    bool                        // nothing was ever set up

	writing sync.WaitGroup // recordings that are being finished

	onStage // control's own
}

// wish is what the user wants that control has not seen to yet.
type wish struct {
	goLive, end, retry, shake, resume bool

	record, pause *bool
	marks         []recording.Mark
	replay        bool
}

// New makes a studio that has not started anything.
func New(opts Options) *Studio {
	if opts.Say == nil {
		opts.Say = Sentence.String
	}
	s := &Studio{
		opts: opts, settings: opts.Settings, clock: capture.NewClock(), preview: program.NewPreview(),
		wake: make(chan struct{}, 1), relist: make(chan struct{}, 1), keyWork: make(chan struct{}, 1), turned: make(chan struct{}, 1),
		shelf: newShelf(), measuring: newMeasuring(), watch: newWatchman(), storing: map[string]bool{}, given: map[string]map[uint32]int32{}, first: opts.FirstStart,
		onStage: onStage{state: Idle}, book: book{work: make(chan struct{}, 1)},
	}
	v := opts.Settings.Video
	s.picture = program.NewPicture(s.clock, s.preview, v.Width, v.Height, v.FPS)
	s.sound = program.NewSound(s.clock)
	s.video = newSlot(func() { s.turn(); s.poke() }, s.openPicture)
	s.audio = newSlot(s.poke, s.openSound)
	s.video.video = s.picture.In.Put
	s.video.audio, s.audio.audio = s.hear, s.hear
	s.video.hold(opts.Unattended)
	s.audio.hold(opts.Unattended)
	s.board = newBoard(Snapshot{State: Idle, Settings: opts.Settings, Keys: KeyStatus{Note: opts.Keys.Note()}})
	return s
}

// diskPatience bounds how long Run waits at its end for a recording that a slow
// disk has not taken yet.
const diskPatience = 20 * time.Second

// Run works until ctx ends. Ending a show properly is [Studio.End]; cancelling
// ctx cuts it off.
func (s *Studio) Run(ctx context.Context) error {
	defer s.waitForDisk()
	s.wishSources()
	s.sound.Mute(s.settings.Audio.Muted)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.picture.Run(ctx) })
	g.Go(func() error { return s.sound.Run(ctx) })
	g.Go(func() error { return s.preview.Run(ctx) })
	g.Go(func() error { return s.video.keep(ctx) })
	g.Go(func() error { return s.audio.keep(ctx) })
	g.Go(func() error { return s.control(ctx) })
	g.Go(func() error { return s.keepKeys(ctx) })
	g.Go(func() error { return s.watchNetwork(ctx) })
	g.Go(func() error { return s.watchMachine(ctx) })
	g.Go(func() error { return s.keepBook(ctx) })
	g.Go(func() error { return s.keepShelf(ctx) })
	g.Go(func() error { return s.keepControls(ctx) })
	g.Go(func() error { return s.keepMeasured(ctx) })
	g.Go(func() error { return s.keepChecked(ctx) })
	g.Go(func() error { return s.watchDevices(ctx) })
	if err := g.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// waitForDisk gives recordings that are being finished their time.
func (s *Studio) waitForDisk() {
	done := make(chan struct{})
	go func() { s.writing.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(diskPatience):
	}
}

// Watch calls fn with the current snapshot and again after changes, until ctx
// ends. It may skip snapshots in between; it never skips the latest.
func (s *Studio) Watch(ctx context.Context, fn func(Snapshot)) { s.board.watch(ctx, fn) }

// Snapshot is the current one.
func (s *Studio) Snapshot() Snapshot {
	snap, _ := s.board.read()
	return snap
}

// Preview is the picture for a window.
func (s *Studio) Preview() *program.Preview { return s.preview }

// Level is how loud the sound is now.
func (s *Studio) Level() program.Level { return s.sound.Level() }

// GoLive starts a show to every enabled destination, or a rehearsal when there
// is none.
func (s *Studio) GoLive() { s.intend(func(w *wish) { w.goLive = true }) }

// End finishes the show within two seconds. Without a show it does nothing.
func (s *Studio) End() { s.intend(func(w *wish) { w.end = true }) }

// RetryNow cuts the wait of every output that is not connected short, and lets
// one that was refused try again.
func (s *Studio) RetryNow() { s.intend(func(w *wish) { w.retry = true }) }

// watchNetwork tells the outputs when something changes in this machine's
// network. A machine that does not tell is one on which they find out by
// themselves, within seconds.
func (s *Studio) watchNetwork(ctx context.Context) error {
	err := netwatch.Run(ctx, func() { s.intend(func(w *wish) { w.shake = true }) })
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_ = err // the show goes on without
	return nil
}

// hear takes sound from a source. What does not fit counts as dropped sound in
// the meter's stead: the program's own silence then covers it.
func (s *Studio) hear(b *capture.Samples) { _ = s.sound.Put(b) }

func (s *Studio) intend(fn func(*wish)) {
	s.mu.Lock()
	fn(&s.wish)
	s.mu.Unlock()
	s.poke()
}

func (s *Studio) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Settings are those in force.
func (s *Studio) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

// ErrOnAir means that a setting cannot change while a show is running.
var ErrOnAir = errors.New("app: this can be changed when the show is over")

// Apply checks, saves and takes over settings. Sources and muting change at
// once; size, pace, encoder and destinations cannot change while on air.
func (s *Studio) Apply(set Settings) error {
	set.Version = settingsVersion
	if err := errors.Join(set.Validate(), CheckVideoSource(set.Video.Source), CheckAudioSource(set.Audio.Source)); err != nil {
		return err
	}
	s.mu.Lock()
	old := s.settings
	onAir := s.Snapshot().State.OnAir() || s.wish.goLive
	if onAir && needsNewShow(old, set) {
		s.mu.Unlock()
		return ErrOnAir
	}
	s.settings, s.first = set, false
	if onAir && set.Record != old.Record {
		s.wish.record = &set.Record
	}
	s.mu.Unlock()
	if !onAir {
		s.picture.Reshape(set.Video.Width, set.Video.Height, set.Video.FPS)
	}
	s.sound.Mute(set.Audio.Muted)
	s.wishSources()
	s.turn()
	s.poke()
	if s.opts.SettingsPath == "" {
		return nil
	}
	return SaveSettings(s.opts.SettingsPath, set)
}

// needsNewShow tells whether the change from old to set cannot be made on air.
func needsNewShow(old, set Settings) bool {
	// These can change at any time; whatever else differs cannot.
	set.Video.Source, set.Audio.Source = old.Video.Source, old.Audio.Source
	set.Video.Part = old.Video.Part
	set.Audio.Muted = old.Audio.Muted
	set.Video.BitrateKbps = old.Video.BitrateKbps
	set.Record, set.RecordDir = old.Record, old.RecordDir
	set.SplitMinutes, set.SplitMB, set.ReplaySeconds = old.SplitMinutes, old.SplitMB, old.ReplaySeconds
	set.Adapt, set.Sources = old.Adapt, old.Sources
	set.Profile, set.Profiles = old.Profile, old.Profiles // what they change is compared by itself
	return fmt.Sprint(old) != fmt.Sprint(set)
}

// wishSources tells the slots what to capture from. A file that both picture and
// sound name is one source, so that they stay in step.
func (s *Studio) wishSources() {
	s.mu.Lock()
	v, a := s.settings.Video, s.settings.Audio
	format := s.settings.Of(s.cameraOf(v.Source)).Format
	s.mu.Unlock()
	shared := parseSource(v.Source).kind == "file" && v.Source == a.Source
	s.video.want(sourceWish{source: v.Source, width: v.Width, height: v.Height, fps: v.FPS, withSound: shared, format: format})
	if shared {
		a.Source = "none"
	}
	s.audio.want(sourceWish{source: a.Source})
}
