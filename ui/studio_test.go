package ui

import (
	"context"
	"fmt"
	"image"
	"strings"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"tally/app"
	"tally/app/program"
)

// recorder is a studio that writes down what the window asks for. It stands on
// the seam between ui and app; the real studio is behind the window in the
// tests of ui/windowtest.
type recorder struct {
	settings func() app.Settings // in force
	mu       sync.Mutex
	asked    []string
	applied  []app.Settings
	keys     map[string]app.Key
	refuse   error
	blind    app.Problem // instead of a picture of the screen
	checks   []app.Check
	shows    []app.Report

	preview *program.Preview
	level   program.Level
	watch   func(ctx context.Context, fn func(app.Snapshot))
}

func newRecorder() *recorder {
	return &recorder{settings: app.DefaultSettings, preview: program.NewPreview(), level: program.Level{PeakDB: -96, RMSDB: -96}, keys: map[string]app.Key{}}
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked = append(r.asked, fmt.Sprintf(format, args...))
}

// took returns what was asked for, and forgets it.
func (r *recorder) took() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := strings.Join(r.asked, " ")
	r.asked = nil
	return s
}

func (r *recorder) Watch(ctx context.Context, fn func(app.Snapshot)) {
	if r.watch != nil {
		r.watch(ctx, fn)
		return
	}
	<-ctx.Done()
}
func (r *recorder) Preview() *program.Preview            { return r.preview }
func (r *recorder) Level() program.Level                 { return r.level }
func (r *recorder) GoLive()                              { r.note("GoLive") }
func (r *recorder) End()                                 { r.note("End") }
func (r *recorder) RetryNow()                            { r.note("RetryNow") }
func (r *recorder) Resume()                              { r.note("Resume") }
func (r *recorder) ForgetUnfinished()                    { r.note("ForgetUnfinished") }
func (r *recorder) RefreshDevices()                      { r.note("RefreshDevices") }
func (r *recorder) PauseRecording()                      { r.note("PauseRecording") }
func (r *recorder) ResumeRecording()                     { r.note("ResumeRecording") }
func (r *recorder) Mark(title string)                    { r.note("Mark(%s)", title) }
func (r *recorder) SaveReplay()                          { r.note("SaveReplay") }
func (r *recorder) RepairFile(path string)               { r.note("RepairFile(%s)", path) }
func (r *recorder) RemuxFile(path string)                { r.note("RemuxFile(%s)", path) }
func (r *recorder) ExportMissed(path string)             { r.note("ExportMissed(%s)", path) }
func (r *recorder) Seek(source string, to time.Duration) { r.note("Seek(%s, %v)", source, to) }
func (r *recorder) Pause(source string, on bool)         { r.note("Pause(%s, %v)", source, on) }
func (r *recorder) AskForScreen()                        { r.note("AskForScreen") }
func (r *recorder) ScreenPicture(string) (image.Image, app.Problem) {
	return image.NewRGBA(image.Rect(0, 0, 1920, 1080)), r.blind
}

func (r *recorder) Shows(read func([]app.Report, error)) { read(r.shows, nil) }

func (r *recorder) SetRecording(on bool) error {
	if r.refuse == nil {
		r.note("SetRecording(%t)", on)
	}
	return r.refuse
}
func (r *recorder) Preflight() []app.Check  { return r.checks }
func (r *recorder) CheckAgain()             { r.note("CheckAgain") }
func (r *recorder) MeasureUpload(id string) { r.note("MeasureUpload(%s)", id) }
func (r *recorder) MeasureMachine()         { r.note("MeasureMachine") }
func (r *recorder) StopMeasuring()          { r.note("StopMeasuring") }

func (r *recorder) ForgetKey(id string) { r.note("ForgetKey(%s)", id) }

func (r *recorder) SetKey(id string, k app.Key) {
	r.note("SetKey")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys[id] = k
}

func (r *recorder) Settings() app.Settings { return r.settings() }

func (r *recorder) Apply(s app.Settings) error {
	if r.refuse != nil {
		return r.refuse
	}
	if err := s.Validate(); err != nil {
		return err
	}
	r.note("Apply")
	r.mu.Lock()
	defer r.mu.Unlock()
	r.applied = append(r.applied, s)
	return nil
}

func (r *recorder) last() app.Settings {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.applied[len(r.applied)-1]
}

func (r *recorder) ParseDestination(server, key string) (string, app.Key, app.Problem) {
	return app.SplitDestination(server, key)
}

// open makes a window on Fyne's test driver, which needs no screen.
func open(t *testing.T) (*Window, *recorder) {
	t.Helper()
	return openIn(t, "en", fyne.NewSize(1280, 800)) // whoever runs the tests
}

// openIn is open in a language and a size.
func openIn(t *testing.T, language string, size fyne.Size) (*Window, *recorder) {
	t.Helper()
	a := test.NewTempApp(t)
	a.Preferences().SetString(languagePreference, language)
	r := newRecorder()
	w := New(a, r)
	r.settings = func() app.Settings { return w.shown.Settings }
	w.win.Show()
	w.win.Resize(size)
	t.Cleanup(w.win.Close)
	return w, r
}

// capture paints the window as Fyne's software painter does.
func (w *Window) capture() image.Image { return w.win.Canvas().Capture() }

// find looks for the one object of a type that fits, in what is on top.
func find[T fyne.CanvasObject](t *testing.T, w *Window, fits func(T) bool) T {
	t.Helper()
	root := w.win.Content()
	if top := w.win.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	for _, o := range test.LaidOutObjects(root) {
		if x, ok := o.(T); ok && fits(x) {
			return x
		}
	}
	t.Fatalf("there is no such %T", *new(T))
	panic("unreachable")
}

// press presses the button of the open sheet that has that label.
func press(t *testing.T, w *Window, label string) {
	t.Helper()
	test.Tap(find(t, w, func(b *sheetButton) bool { return b.Text == label }))
}
