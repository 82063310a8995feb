package ui

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/app"
	"tally/app/program"
	"tally/capture"
	"tally/capture/testcard"
)

// uiLoop stands for Fyne's goroutine and its queue, which has no bound.
type uiLoop struct {
	mu    sync.Mutex
	queue []func()
	most  int // the longest the queue ever was
}

func (l *uiLoop) do(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queue = append(l.queue, f)
	l.most = max(l.most, len(l.queue))
}

// turn runs what is queued.
func (l *uiLoop) turn() int {
	l.mu.Lock()
	q := l.queue
	l.queue = nil
	l.mu.Unlock()
	for _, f := range q {
		f()
	}
	return len(q)
}

func (l *uiLoop) longest() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.most
}

// TestQueueStaysShort: a window that stands still for a moment, as one does that
// is being dragged, finds a picture and a snapshot waiting, and the newest ones.
func TestQueueStaysShort(t *testing.T) {
	ignore := goleak.IgnoreCurrent() // Fyne's test application has goroutines of its own
	w, r := open(t)
	loop := &uiLoop{}
	w.do = loop.do

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	clock := capture.NewClock()
	picture := program.NewPicture(clock, r.preview, 640, 360, 30)
	var posted atomic.Int64
	r.watch = func(ctx context.Context, fn func(app.Snapshot)) {
		for i := 0; ctx.Err() == nil; i++ {
			s := live()
			s.Outputs[0].BitrateKbps = i
			posted.Store(int64(i))
			fn(s)
			time.Sleep(time.Millisecond)
		}
	}
	r.preview.Resize(320, 180)
	var stages sync.WaitGroup
	stages.Go(func() { _ = picture.Run(ctx) })
	stages.Go(func() { _ = r.preview.Run(ctx) })
	stages.Go(func() { _ = testcard.Open(640, 360, 30, clock).Run(ctx, capture.Sink{Video: picture.In.Put}) })
	stages.Go(func() { w.Watch(ctx) })

	time.Sleep(400 * time.Millisecond) // the window is being dragged
	if n := loop.longest(); n > 2 {
		t.Errorf("%d hops were queued; one snapshot and one picture may be", n)
	}
	for deadline := time.Now().Add(5 * time.Second); w.preview.taken == nil && time.Now().Before(deadline); {
		loop.turn()
		time.Sleep(5 * time.Millisecond)
	}
	if w.preview.taken == nil {
		t.Error("no picture arrived")
	} else if f := w.preview.taken; f.Format != capture.RGBA || f.Width != 320 || f.Height != 180 {
		t.Errorf("the picture is %v %d × %d", f.Format, f.Width, f.Height)
	}
	if w.shown.State != app.Live || int64(w.shown.Outputs[0].BitrateKbps) < posted.Load()-1 {
		t.Error("the newest snapshot is not shown")
	}
	stop()
	stages.Wait() // nobody runs the loop any more: this must not hang
	goleak.VerifyNone(t, ignore)
}

// TestNothingAfterQuit: what Fyne still runs after the end touches no widget.
func TestNothingAfterQuit(t *testing.T) {
	w, _ := open(t)
	w.quit()
	w.hop(t.Context(), func() { t.Error("ran") })
}

// TestHiddenWindowAsksForNoPicture: what nobody sees is not converted.
func TestHiddenWindowAsksForNoPicture(t *testing.T) {
	w, r := open(t)
	w.render(live())
	w.preview.paint(640, 360)
	w.SetHidden(true)
	w.render(reconnecting())
	if w.status.lamp.signal.word != "ON AIR" {
		t.Error("a hidden window was drawn")
	}
	if w.win.Title() != "Tally – reconnecting" {
		t.Errorf("the title of a hidden window is %q", w.win.Title())
	}
	ctx, stop := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer stop()
	clock := capture.NewClock()
	picture := program.NewPicture(clock, r.preview, 640, 360, 30)
	var stages sync.WaitGroup
	stages.Go(func() { _ = picture.Run(ctx) })
	stages.Go(func() { _ = r.preview.Run(ctx) })
	stages.Go(func() { _ = testcard.Open(640, 360, 30, clock).Run(ctx, capture.Sink{Video: picture.In.Put}) })
	stages.Wait()
	w.move()
	if w.preview.taken != nil {
		t.Error("a picture was converted for a hidden window")
	}
	w.SetHidden(false)
	if w.status.lamp.signal.word != "RECONNECTING" {
		t.Error("the window shows an old state when it comes back")
	}
}

// TestPaintAllocatesNothing: handing a picture to the painter is free.
func TestPaintAllocatesNothing(t *testing.T) {
	w, _ := open(t)
	w.preview.taken = capture.NewFramePool(capture.RGBA, 640, 360).Get()
	if n := testing.AllocsPerRun(100, func() { w.preview.paint(640, 360) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	if got := fmt.Sprintf("%T", w.preview.paint(640, 360)); got != "*image.RGBA" {
		t.Errorf("painted from a %s: only an RGBA goes to the painter without a copy", got)
	}
}

// TestNumbersWaitWherePaintingIsSlow: what somebody waits for does not.
func TestNumbersWaitWherePaintingIsSlow(t *testing.T) {
	w, _ := open(t)
	w.SetSlowPainting(true)
	now := time.Now()
	w.receive(live(), now)
	s := live()
	s.Outputs[0].BitrateKbps, s.Uptime = 1234, app.Seconds(13*time.Minute)
	w.receive(s, now.Add(250*time.Millisecond))
	if got := w.status.rate.value.text; got != "2641 of 2660 kbit/s" {
		t.Errorf("a number was painted at once: %q", got)
	}
	w.receive(s, now.Add(time.Second))
	if got := w.status.rate.value.text; got != "1234 of 2660 kbit/s" {
		t.Errorf("a number was not painted after a second: %q", got)
	}
	w.receive(reconnecting(), now.Add(1250*time.Millisecond))
	if got := w.status.lamp.signal.word; got != "RECONNECTING" {
		t.Errorf("a change of state waited: %q", got)
	}
}
