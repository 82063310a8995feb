package app

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tally/app/disk"
	"tally/app/uplink"
	"tally/capture"
	"tally/encoder"
	"tally/rtmpout"
)

// watchman is what the checks know that takes time to find out. Its goroutine is
// keepChecked; the lock guards everything.
type watchman struct {
	again chan struct{} // one token: look at everything anew

	mu       sync.Mutex
	reached  map[string]reached  // by destination's ID
	called   map[string]string   // what was called: see wayOf
	tried    encoder.VideoParams // what the encoder was tried with
	inTrial  bool
	trying   Problem
	room     int64
	roomErr  error
	roomOf   string // the folder that these are about
	behind   time.Time
	network  string
	lines    map[string]LineFigure // by network
	loudAt   time.Time             // when something was last heard
	listened string                // the source that this is about
}

const (
	// listenEach and lookEach are how often sound and other cheap things are looked at.
	listenEach = 200 * time.Millisecond
	lookEach   = 2 * time.Second
	// callAgain is how long a server's answer is believed, and callSoon for how long
	// that there was none.
	callAgain = 2 * time.Minute
	callSoon  = 15 * time.Second
	// callFor bounds a call.
	callFor = 10 * time.Second
)

func newWatchman() watchman {
	return watchman{again: make(chan struct{}, 1), reached: map[string]reached{}, called: map[string]string{}, lines: map[string]LineFigure{}}
}

// Preflight looks at everything that can be looked at in an instant, and adds what
// the background has found out about the rest. The worst is first.
func (s *Studio) Preflight() []Check {
	s.mu.Lock()
	f := facts{now: time.Now(), settings: s.settings, keys: s.keys, storing: maps.Clone(s.storing), machine: s.machine}
	s.mu.Unlock()
	f.picture, f.sound = s.video.now(), s.audio.now()
	if f.picture.Source != "" && f.picture.Source == f.settings.Audio.Source {
		f.sound = f.picture
	}
	f.sight = s.preview.Sight()
	f.sighted = f.sight.At > 0 && s.clock.Now()-f.sight.At < time.Second
	s.watch.fill(&f)
	return preflight(f)
}

// CheckAgain looks again at what takes time.
func (s *Studio) CheckAgain() { token(s.watch.again) }

func (w *watchman) fill(f *facts) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f.reached = map[string]reached{}
	for _, d := range f.settings.Destinations {
		if r, ok := w.reached[d.ID]; ok && w.called[d.ID] == wayOf(d) && (!d.own() || f.now.Sub(r.at) < callAgain) {
			f.reached[d.ID] = r
		}
	}
	f.line = w.lines[w.network]
	f.encoder, f.encoderTried = w.trying, w.tried == videoParams(f.settings.Video)
	if f.room = -1; w.roomOf == recordDir(f.settings) {
		f.room, f.roomErr = w.room, w.roomErr
	}
	f.clockBehind = w.behind
	if w.listened == f.sound.Source && !w.loudAt.IsZero() {
		f.silent = f.now.Sub(w.loudAt)
	}
}

// keepChecked looks at things while no show runs. Nothing in it is in a hurry: what
// it finds is there when somebody presses GO LIVE.
func (s *Studio) keepChecked(ctx context.Context) error {
	if s.opts.Unattended {
		return nil
	}
	w := &s.watch
	w.load(s.opts.StateDir)
	w.lookAtClock(s.opts)
	var calls sync.WaitGroup
	defer calls.Wait()
	listen, look := time.NewTicker(listenEach), time.NewTicker(lookEach)
	defer listen.Stop()
	defer look.Stop()
	asked := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-listen.C:
			w.listen(s.audio.now(), s.sound.Level().PeakDB, time.Now())
			continue
		case <-w.again:
			w.forget()
			asked = true
		case <-look.C:
			asked = false
		}
		if s.Snapshot().State.OnAir() {
			continue
		}
		s.mu.Lock()
		set := s.settings
		s.mu.Unlock()
		w.lookAtDisk(set)
		w.lookAtNetwork()
		for _, d := range enabledOf(set) {
			if (asked || !d.own()) && w.due(d) {
				calls.Go(func() { s.call(ctx, d) })
			}
		}
		if w.untried(set.Video) {
			calls.Go(func() { s.tryEncoder(set.Video) })
		}
	}
}

// forget makes everything be looked at anew.
func (w *watchman) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, r := range w.reached {
		r.at = time.Time{}
		w.reached[id] = r
	}
	if !w.trying.IsZero() {
		w.tried = encoder.VideoParams{}
	}
}

func (w *watchman) listen(source SourceStatus, peak float64, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if peak > silentBelow || w.listened != source.Source || source.State != SourceRunning || w.loudAt.IsZero() {
		w.listened, w.loudAt = source.Source, now
	}
}

func (w *watchman) lookAtDisk(set Settings) {
	if !set.Record {
		return
	}
	free, err := disk.Free(recordDir(set))
	if err == nil {
		err = writable(recordDir(set))
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room, w.roomErr, w.roomOf = max(free, 0), err, recordDir(set)
}

// writable tells whether a file could be made in a folder, which need not be there
// yet, by making one in the nearest that is.
func writable(dir string) error {
	for {
		f, err := os.CreateTemp(dir, ".tally-")
		if err == nil {
			f.Close()
			return os.Remove(f.Name())
		}
		up := filepath.Dir(dir)
		if !errors.Is(err, os.ErrNotExist) || up == dir {
			return err
		}
		dir = up
	}
}

func (w *watchman) lookAtNetwork() {
	n := uplink.Network()
	w.mu.Lock()
	defer w.mu.Unlock()
	if n != w.network && w.network != "" { // what was called there says nothing here
		clear(w.reached)
	}
	w.network = n
}

// lookAtClock compares the time with that of the files that Tally has written here.
func (w *watchman) lookAtClock(o Options) {
	const mayDiffer = time.Hour // two clocks on one machine, as with a shared home
	for _, path := range []string{o.SettingsPath, w.path(o.StateDir), o.ShowsDir()} {
		if info, err := os.Stat(path); path != "" && err == nil && info.ModTime().After(time.Now().Add(mayDiffer)) {
			w.mu.Lock()
			w.behind = info.ModTime()
			w.mu.Unlock()
		}
	}
}

// own tells whether this is the user's own server and not a service's. It is called
// only when somebody asks: it may be a receiver that waits for one connection, as
// ffmpeg -listen 1 is, and would take the call for it.
func (d Destination) own() bool { return d.Service == "" }

// wayOf is what makes a call another one.
func wayOf(d Destination) string { return d.URL + " " + d.CA }

// due tells whether a destination should be called, and notes that it is.
func (w *watchman) due(d Destination) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, known := w.reached[d.ID]
	fresh := callAgain
	if r.err != nil {
		fresh = callSoon
	}
	if w.called[d.ID] == wayOf(d) && (!known || time.Since(r.at) < fresh) {
		return false // or it is being called
	}
	if w.called[d.ID] != wayOf(d) {
		delete(w.reached, d.ID)
	} else { // what was known stays until there is an answer
		r.at = time.Now()
		w.reached[d.ID] = r
	}
	w.called[d.ID] = wayOf(d)
	return true
}

// call does what `tally probe` does.
func (s *Studio) call(ctx context.Context, d Destination) {
	ctx, stop := context.WithTimeout(ctx, callFor)
	defer stop()
	to, err := rtmpout.ParseServer(d.URL)
	asking, enough := context.WithTimeout(ctx, callFor/4) // a locked keyring takes until somebody unlocks it
	key, keyErr := s.opts.Keys.Get(asking, d.ID)
	enough()
	if keyErr == nil { // a password may be with it
		to, err = target(d, key)
	}
	var o rtmpout.Options
	if err == nil {
		o, err = calling(d)
	}
	if err == nil {
		_, err = rtmpout.Probe(ctx, to, o)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	s.watch.mu.Lock()
	if s.watch.called[d.ID] == wayOf(d) {
		s.watch.reached[d.ID] = reached{time.Now(), err}
	}
	s.watch.mu.Unlock()
	s.poke()
}

// calling is how a destination is connected to when no show is sent there.
func calling(d Destination) (o rtmpout.Options, err error) {
	o.Encoder = "Tally " + Version
	o.Authorities, err = ReadAuthorities(d.CA)
	return o, err
}

// untried tells whether the encoder should be tried, and notes that it is.
func (w *watchman) untried(v VideoSettings) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v.Source == "none" || w.inTrial || w.tried == videoParams(v) {
		return false
	}
	w.inTrial = true
	return true
}

// tryEncoder encodes some pictures that nobody sees.
func (s *Studio) tryEncoder(v VideoSettings) {
	p := videoParams(v)
	err := dryRun(p)
	s.watch.mu.Lock()
	s.watch.tried, s.watch.trying, s.watch.inTrial = p, Problem{}, false
	if err != nil {
		s.watch.trying = Explain(wrap("Tally could not open the video encoder.", err))
	}
	s.watch.mu.Unlock()
	s.poke()
}

func dryRun(p encoder.VideoParams) error {
	v, err := encoder.OpenVideo(p)
	if err != nil {
		return err
	}
	defer v.Close()
	made := 0
	emit := func(p *encoder.Packet) { made++; p.Release() }
	f := capture.NewFrame(capture.I420, p.Width, p.Height, make([]byte, capture.I420.Bytes(p.Width, p.Height)))
	defer f.Release()
	const pictures = 5
	for n := range pictures {
		g := f.At(time.Duration(n) * time.Second / time.Duration(p.FPS))
		err := v.Encode(g, emit)
		g.Release()
		if err != nil {
			return err
		}
	}
	if err := v.Flush(emit); err != nil {
		return err
	}
	if made == 0 {
		return errNothingEncoded
	}
	return nil
}

var errNothingEncoded = errors.New("app: the encoder made nothing")
