package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/natefinch/atomic"

	"tally/app/disk"
	"tally/app/uplink"
	"tally/capture"
	"tally/encoder"
	"tally/rtmpout"
)

// LineFigure is what the line of a network was last seen to carry.
type LineFigure struct {
	When     time.Time `json:"when"`
	Kbps     int       `json:"kbps"`
	Lowest   int       `json:"lowest,omitempty"`   // of a measurement: its worst second
	AtLeast  bool      `json:"at_least,omitempty"` // it carried all that it was given
	Measured bool      `json:"measured,omitempty"` // else a show has found it out
}

// watchman is what the checks know that takes time to find out. Its goroutine is
// keepChecked; the lock guards everything.
type watchman struct {
	again chan struct{} // one token: look at everything anew

	mu       sync.Mutex
	reached  map[string]reached // by destination's ID
	called   map[string]string  // what was called: its address
	tried    string             // the settings that the encoder was tried with
	inTrial  bool
	trying   Problem
	room     int64
	roomErr  error
	behind   time.Time
	network  string
	lines    map[string]LineFigure // by network
	loudAt   time.Time             // when something was last heard
	listened string                // the source that this is about
}

const (
	// lookEach is how often cheap things are looked at.
	listenEach = 200 * time.Millisecond
	lookEach   = 2 * time.Second
	// callAgain is how long a server's answer is believed, and callSoon for how long
	// that there was none.
	callAgain = 2 * time.Minute
	callSoon  = 15 * time.Second
	// callFor bounds a call.
	callFor = 10 * time.Second
	// linesKept bounds the networks that are remembered.
	linesKept = 30
)

func newWatchman() watchman {
	return watchman{again: make(chan struct{}, 1), reached: map[string]reached{}, called: map[string]string{}, lines: map[string]LineFigure{}}
}

// Preflight looks at everything that can be looked at in an instant, and adds what
// the background has found out about the rest. The worst is first.
func (s *Studio) Preflight() []Check {
	s.mu.Lock()
	f := facts{now: time.Now(), settings: s.settings, keys: s.keys}
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
		if r, ok := w.reached[d.ID]; ok && w.called[d.ID] == d.URL {
			f.reached[d.ID] = r
		}
	}
	f.line = w.lines[w.network]
	f.encoder, f.encoderTried = w.trying, w.tried == tryOf(f.settings.Video)
	f.room, f.roomErr = w.room, w.roomErr
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
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-listen.C:
			w.listen(s.audio.now(), s.sound.Level().PeakDB, time.Now())
			continue
		case <-w.again:
			w.forget()
		case <-look.C:
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
			if w.due(d) {
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
		w.tried = ""
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
	w.room, w.roomErr = free, err
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

// due tells whether a destination should be called, and notes that it is.
func (w *watchman) due(d Destination) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, known := w.reached[d.ID]
	fresh := callAgain
	if r.err != nil {
		fresh = callSoon
	}
	if w.called[d.ID] == d.URL && (!known || time.Since(r.at) < fresh) {
		return false // or it is being called
	}
	if w.called[d.ID] != d.URL {
		delete(w.reached, d.ID)
	} else { // what was known stays until there is an answer
		r.at = time.Now()
		w.reached[d.ID] = r
	}
	w.called[d.ID] = d.URL
	return true
}

// call does what `tally probe` does.
func (s *Studio) call(ctx context.Context, d Destination) {
	ctx, stop := context.WithTimeout(ctx, callFor)
	defer stop()
	to, err := rtmpout.ParseServer(d.URL)
	if key, keyErr := s.opts.Keys.Get(d.ID); keyErr == nil { // a password may be with it
		to, err = target(d, key)
	}
	if err == nil {
		_, err = rtmpout.Probe(ctx, to, rtmpout.Options{Encoder: "Tally " + Version})
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return
	}
	s.watch.mu.Lock()
	if s.watch.called[d.ID] == d.URL {
		s.watch.reached[d.ID] = reached{time.Now(), err}
	}
	s.watch.mu.Unlock()
	s.poke()
}

// tryOf is what makes a trial of the encoder another one.
func tryOf(v VideoSettings) string {
	return fmt.Sprint(v.Width, v.Height, v.FPS, v.BitrateKbps, v.KeyInterval, v.Encoder, v.Preset, v.LowLatency)
}

// untried tells whether the encoder should be tried, and notes that it is.
func (w *watchman) untried(v VideoSettings) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v.Source == "none" || w.inTrial || w.tried == tryOf(v) {
		return false
	}
	w.inTrial = true
	return true
}

// tryEncoder encodes some pictures that nobody sees.
func (s *Studio) tryEncoder(v VideoSettings) {
	err := dryRun(videoParams(v))
	s.watch.mu.Lock()
	s.watch.tried, s.watch.trying, s.watch.inTrial = tryOf(v), Problem{}, false
	if err != nil {
		s.watch.trying = Explain(wrap("open the video encoder", err))
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

func (w *watchman) path(stateDir string) string {
	if stateDir == "" {
		return ""
	}
	return filepath.Join(stateDir, "lines.json")
}

// load reads what lines have carried. A file that is damaged is as good as none.
func (w *watchman) load(stateDir string) {
	w.lookAtNetwork()
	if stateDir == "" {
		return
	}
	data, err := readBounded(w.path(stateDir))
	lines := map[string]LineFigure{}
	if err != nil || json.Unmarshal(data, &lines) != nil || len(lines) > linesKept {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = lines
}

// learnFromShow remembers what the line of the main destination has carried in the
// show that is over.
func (s *Studio) learnFromShow() {
	if s.show == nil || s.show.rehearsal != nil || s.opts.Unattended {
		return
	}
	if l, ok := carried(s.report); ok {
		l.When = time.Now()
		s.watch.learn(l, s.opts.StateDir)
	}
}

// carried is what a show says of its line: while the bitrate was lowered, what was
// sent is what the line carries; if it never was, the line carries at least that.
func carried(r Report) (l LineFigure, ok bool) {
	const enough = 20 // points
	chosen := 0
	for _, p := range r.Graph {
		chosen = max(chosen, p.TargetKbps)
	}
	var all, lowered []int
	for _, p := range r.Graph {
		if p.State == Live && p.SentKbps > 0 {
			all = append(all, p.SentKbps)
			if p.TargetKbps < chosen*9/10 {
				lowered = append(lowered, p.SentKbps)
			}
		}
	}
	if len(all) < enough {
		return l, false
	}
	if len(lowered) >= enough {
		slices.Sort(lowered)
		return LineFigure{Kbps: lowered[len(lowered)/2]}, true
	}
	sum := 0
	for _, kbps := range all {
		sum += kbps
	}
	return LineFigure{Kbps: sum / len(all), AtLeast: true}, true
}

// learn remembers what the line of this network carries. That a show took less than
// was measured says nothing.
func (w *watchman) learn(l LineFigure, stateDir string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.lines[w.network]
	const lasts = 7 * 24 * time.Hour
	if l.AtLeast && !l.Measured && old.Kbps > l.Kbps && l.When.Sub(old.When) < lasts {
		return
	}
	w.lines[w.network] = l
	for len(w.lines) > linesKept {
		oldest := w.network
		for n, l := range w.lines {
			if l.When.Before(w.lines[oldest].When) {
				oldest = n
			}
		}
		delete(w.lines, oldest)
	}
	if stateDir == "" {
		return
	}
	data, err := json.Marshal(w.lines)
	if err == nil && os.MkdirAll(stateDir, 0o700) == nil {
		_ = atomic.WriteFile(w.path(stateDir), bytes.NewReader(data)) // without it, it is measured again
	}
}
