package ui

import (
	"context"
	"reflect"
	"sync"
	"time"

	"tally/app"
)

// meterEvery is how often the meter moves while no pictures come.
const meterEvery = 66 * time.Millisecond

// Watch keeps the window up to date until ctx ends. It is the only place of the
// window that has goroutines: it runs one, and starts and joins another.
func (w *Window) Watch(ctx context.Context) {
	var pump sync.WaitGroup
	pump.Go(func() { w.pump(ctx) })
	w.studio.Watch(ctx, func(s app.Snapshot) {
		w.hop(ctx, func() { w.receive(s, time.Now()) })
	})
	pump.Wait()
}

// numbersEvery is how often numbers alone are worth a repaint where the processor
// paints the window: it then costs as much as encoding several pictures.
const numbersEvery = 900 * time.Millisecond

// receive renders a snapshot, unless only its numbers have changed a moment ago and
// painting is slow. The next one comes soon.
func (w *Window) receive(s app.Snapshot, now time.Time) {
	if w.slow && now.Sub(w.numbersAt) < numbersEvery && sameButNumbers(w.shown, s) {
		return
	}
	w.numbersAt = now
	w.render(s)
}

// sameButNumbers tells whether two snapshots differ in nothing that somebody waits
// for.
func sameButNumbers(a, b app.Snapshot) bool {
	plain := func(s app.Snapshot) app.Snapshot {
		outputs := make([]app.OutputStatus, len(s.Outputs))
		for i, o := range s.Outputs {
			outputs[i] = app.OutputStatus{State: o.State, Attempt: o.Attempt, Problem: o.Problem, Backup: o.Backup}
		}
		return app.Snapshot{
			State: s.State, Outputs: outputs, Problems: s.Problems, Files: s.Files, Settings: s.Settings, Devices: s.Devices,
			Picture: s.Picture, Sound: s.Sound, Keys: s.Keys, Unfinished: s.Unfinished,
			Video:     app.VideoStatus{Reason: s.Video.Reason},
			Recording: app.RecordingStatus{On: s.Recording.On, Paused: s.Recording.Paused, Path: s.Recording.Path, Problem: s.Recording.Problem},
			Rehearsal: app.RehearsalStatus{Running: s.Rehearsal.Running, VideoCodec: s.Rehearsal.VideoCodec, Faults: s.Rehearsal.Faults},
		}
	}
	return reflect.DeepEqual(plain(a), plain(b))
}

// pump moves the picture and the meter, with one repaint for both.
func (w *Window) pump(ctx context.Context) {
	fresh := w.studio.Preview().Fresh()
	tick := time.NewTicker(meterEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-fresh:
			tick.Reset(max(meterEvery, time.Duration(w.pace.Load())*3/2)) // a picture that is due brings the meter along
		case <-tick.C:
		}
		began := time.Now()
		w.hop(ctx, w.move)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(began.Add(time.Duration(w.pace.Load())))):
		}
	}
}

// move shows the newest picture and level.
func (w *Window) move() {
	if w.preview.hidden {
		return
	}
	w.placePanes()
	w.preview.next()
	w.sound.meter.update(w.studio.Level(), time.Now(), w.sound.muted)
	w.sound.renderHint()
	if w.guide != nil {
		w.guide.move(w.studio.Level())
	}
}

// hop runs f on Fyne's goroutine, and waits for it or for the end. Fyne drops
// what is queued when the application quits, so the wait alone could be for ever.
func (w *Window) hop(ctx context.Context, f func()) {
	done := make(chan struct{})
	w.do(func() {
		defer close(done)
		if ctx.Err() == nil && !w.quitting.Load() {
			f()
		}
	})
	select {
	case <-done:
	case <-ctx.Done():
	}
}
