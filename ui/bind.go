package ui

import (
	"context"
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
		w.hop(ctx, func() { w.render(s) })
	})
	pump.Wait()
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
