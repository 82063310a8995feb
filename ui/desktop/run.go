package desktop

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"

	"tally/app"
	"tally/assets"
	"tally/capture/portal"
	"tally/ui"
)

// ErrNoDisplay means that there is no screen to show a window on.
var ErrNoDisplay = errors.New("desktop: neither DISPLAY nor WAYLAND_DISPLAY is set")

// paintDeadline is when a window that shows nothing is reported.
const paintDeadline = 5 * time.Second

// Run shows the window over s until the user closes it or ctx ends, and has
// ended a running show in both cases. It must be called from the main goroutine:
// the windowing systems want that. From then on SIGINT and SIGTERM close the
// window; whoever waited for them before hears of them no more.
func Run(ctx context.Context, s ui.Studio) error {
	if !HasDisplay() {
		return ErrNoDisplay
	}
	if dir, err := os.UserCacheDir(); err == nil {
		_ = os.MkdirAll(dir, 0o700) // Fyne makes a folder in it, and complains when it is not there
	}
	tuneAllocator()
	// Fyne's own checks that nobody draws from another goroutine cost time; tests
	// switch them on.
	fyneapp.SetMetadata(fyne.AppMetadata{
		ID: portal.AppID, Name: "Tally", Version: app.Version,
		Migrations: map[string]bool{"fyneDo": os.Getenv("TALLY_THREAD_CHECKS") == ""},
	})
	a := fyneapp.NewWithID(portal.AppID)
	a.SetIcon(fyne.NewStaticResource("tally.png", assets.Icon))
	w := ui.New(a, s)
	if hasTray() {
		w.UseTray()
	}

	// What watches outlives ctx, because ending the show takes a moment.
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	var watchers sync.WaitGroup
	a.Lifecycle().SetOnStarted(func() {
		watchers.Go(func() { w.Watch(watching) })
		watchers.Go(func() {
			if watchPainting(watching, w, &watchers) {
				onSignal(ctx, func() { fyne.Do(w.Close) })
			}
		})
		context.AfterFunc(ctx, func() { fyne.Do(w.Close) })
	})
	w.Fyne().Show()
	a.Run()
	stop() // before anything changes: there is no window any more
	watchers.Wait()
	endShow(s)
	return nil
}

// onSignal calls stop once when ctx ends or somebody asks the process to end. It
// takes the signals away from Fyne, which would quit at once, in the middle of a
// show, and which has asked for them by the time that the window is painted; the
// second one ends the process.
func onSignal(ctx context.Context, stop func()) {
	signal.Reset(os.Interrupt, syscall.SIGTERM)
	asked, release := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(asked, func() {
		release()
		stop()
	})
}

// endDeadline bounds the wait for the end of a show.
const endDeadline = 6 * time.Second

// endShow ends a show that is still running although the window is gone: the
// wait for its end took too long, or Fyne quit by itself.
func endShow(s ui.Studio) {
	ctx, stop := context.WithTimeout(context.Background(), endDeadline)
	defer stop()
	asked := false
	s.Watch(ctx, func(now app.Snapshot) {
		switch {
		case !now.State.OnAir():
			stop()
		case !asked:
			asked = true
			s.End()
		}
	})
}

// HasDisplay tells whether there is a screen at all: Fyne would panic without.
func HasDisplay() bool {
	switch runtime.GOOS {
	case "windows", "darwin":
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

// watchPainting learns how the window is painted once it is, and says so when it
// never is: without OpenGL, Fyne goes on without a window. It tells whether the
// window is painted.
func watchPainting(ctx context.Context, w *ui.Window, watchers *sync.WaitGroup) bool {
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	late := time.After(paintDeadline)
	for {
		painted := make(chan bool, 1)
		fyne.Do(func() { painted <- w.Painted() > 0 })
		select {
		case <-ctx.Done():
			return false
		case <-late:
			fmt.Fprintln(os.Stderr, "tally: the window was not painted within 5 seconds. The display needs OpenGL 2.1; on a virtual or remote screen, start it with the GLX extension.")
			return false
		case yes := <-painted:
			if yes {
				fyne.Do(func() { learn(ctx, w, watchers) })
				return true
			}
		}
		select {
		case <-ctx.Done():
			return false
		case <-look.C:
		}
	}
}
