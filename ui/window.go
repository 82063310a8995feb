package ui

import (
	"image"
	"slices"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/dialog"
	"fyne.io/fyne/v2/storage"
	"fyne.io/fyne/v2/theme"

	"tally/app"
)

// Window is the one window of Tally. All its methods but [Window.Watch] are for
// Fyne's goroutine.
type Window struct {
	app    fyne.App
	win    fyne.Window
	studio Studio
	shown  app.Snapshot // the newest one
	views  []interface{ render(app.Snapshot) }

	preview *previewView
	sound   *soundView
	status  *statusBar
	banner  *bannerView
	live    *liveButton
	ready   *readyView
	picture *pictureView
	to      *destinationView
	record  *recordingView
	graph   *graphView
	got     *receivedView
	report  *reportView
	tips    *tips
	scroll  *container.Scroll // what the sound's card lies in
	panes   [2]Pane           // for the picture and the meter; nil: there are none
	holes   []image.Rectangle // in the panes; kept to be used again
	graphs  *graphSheet       // nil: not open
	diary   diary
	notify  notifier
	tray    *tray   // nil: the desktop has none
	hotkeys hotkeys // those that work while another window is in front
	offer   unfinishedView

	menuShows  string        // what the menu was made from
	settings   *settingsView // nil when they are not open
	sheet      *sheet        // the one on top, nil when none is open
	checks     *checkSheet   // the list of checks, nil when it is not open
	guide      *guide        // nil when it is not open
	greeted    bool          // the guide has come by itself
	dialog     dialog.Dialog // Fyne's own, for choosing a file
	wentLiveAt time.Time
	closing    bool         // quit as soon as the show is over
	quitting   atomic.Bool  // Fyne runs late hops on any goroutine
	slow       bool         // the processor paints
	numbersAt  time.Time    // when numbers were rendered last
	pace       atomic.Int64 // the least time between two pictures, in ns
	do         func(func()) // onto Fyne's goroutine
}

// closeDeadline bounds the wait for a proper end of the show when the window is
// closed.
const closeDeadline = 6 * time.Second

// New builds the window; it is shown by its caller. [Window.Watch] brings it to
// life.
func New(a fyne.App, s Studio) *Window {
	w := &Window{app: a, studio: s, win: a.NewWindow("Tally"), tips: newTips(), do: fyne.Do, notify: notifier{send: a.SendNotification}}
	w.offer.window = w
	problem := w.useLanguage()
	w.useTheme()
	w.build()
	w.banner.refused = problem
	w.usePace()
	w.win.SetMaster()
	w.win.SetPadded(false)
	w.win.SetCloseIntercept(w.askToClose)
	w.win.SetOnDropped(w.dropped)
	w.win.Canvas().SetOnTypedKey(w.typedKey)
	w.win.Resize(fyne.NewSize(1280, 800))
	w.render(app.Snapshot{State: app.Idle, Settings: app.DefaultSettings()})
	return w
}

func (w *Window) build() {
	w.banner = newBannerView(w.studio.RetryNow)
	w.preview = newPreviewView(w.studio.Preview(), w.banner.root)
	w.banner.changed = w.preview.root.Refresh
	w.picture, w.sound = newPictureView(w), newSoundView(w)
	w.to, w.record = newDestinationView(w), newRecordingView(w)
	w.live, w.ready = newLiveButton(w.pressLive), newReadyView(w)
	w.graph, w.got, w.report = newGraphView(), newReceivedView(), newReportView(w)
	w.handPanes()
	w.status = newStatusBar(w.tips, w.moreAboutShow())
	w.views = []interface{ render(app.Snapshot) }{
		w.banner, w.preview, w.picture, w.sound, w.to, w.record, w.live, w.ready, w.graph, w.got, w.report, w.status,
	}
	// A rehearsal's check and the report of a show that is over are never there together.
	beside := container.NewStack(w.got.root, w.report.root)
	strip := container.New(stripLayout{}, w.graph.root, beside)
	besides := func() {
		show(beside, w.got.root.Visible() || w.report.root.Visible())
		strip.Refresh()
	}
	w.got.changed, w.report.changed = besides, besides
	besides()
	cards := column(near, w.picture.root, w.sound.root, w.to.root)
	w.to.changed, w.picture.player.changed, w.sound.player.changed = cards.Refresh, cards.Refresh, cards.Refresh
	foot := column(near, w.record.root, w.ready.root, w.live)
	w.scroll = container.NewVScroll(cards)
	side := container.New(sideLayout{w.sound, []fyne.CanvasObject{w.picture.head, w.to.title}, cards}, w.scroll, foot)
	w.record.changed = func() {
		foot.Refresh()
		side.Refresh()
	}
	w.ready.changed = w.record.changed
	main := pad(gap, gap, gap, gap, container.New(studioLayout{}, w.preview.root, strip, side))
	w.win.SetContent(container.NewStack(container.NewBorder(nil, w.status.root, nil, nil, main), w.tips.layer))
}

// moreAboutShow opens what the status bar has no room for.
func (w *Window) moreAboutShow() fyne.CanvasObject {
	graphs := newToolButton("", iconGraph, w.showGraphs)
	diary := newToolButton("", theme.HistoryIcon(), w.showDiary)
	graphs.name, diary.name = tr("Graphs of the show"), tr("What happened")
	return row(6, w.tips.on(graphs, tr("Graphs of the whole show: bitrate, delay, missed pictures, and how busy this computer was.")),
		w.tips.on(diary, tr("What happened in this show, and when.")))
}

// Fyne is the toolkit's window, for whoever shows it.
func (w *Window) Fyne() fyne.Window { return w.win }

// Painted is how often the picture was painted so far.
func (w *Window) Painted() int { return w.preview.painted }

// SetHidden says whether the user can see the window at all. While not, nothing
// is drawn and no picture is converted.
func (w *Window) SetHidden(hidden bool) {
	w.preview.hide(hidden)
	if !hidden {
		w.render(w.shown)
	}
}

// SetSlowPainting says that the processor paints the window.
func (w *Window) SetSlowPainting(slow bool) {
	w.slow = slow
	w.usePace()
}

// render shows a snapshot, and tells what is new in it.
func (w *Window) render(s app.Snapshot) {
	now := time.Now()
	w.notify.tell(w.diary.read(s, now), !w.preview.hidden, now)
	w.draw(s)
}

// draw shows a snapshot, or what the next one will say: then only that one is told
// of. Only here widgets are written.
func (w *Window) draw(s app.Snapshot) {
	if w.shown.State == app.Idle && s.State.OnAir() {
		w.wentLiveAt = time.Now()
	}
	w.shown = s
	if w.closing && s.State == app.Idle {
		w.quit()
		return
	}
	if w.tray != nil {
		w.tray.render(s)
	}
	if title := titleOf(s); w.win.Title() != title {
		w.win.SetTitle(title)
	}
	w.offer.render(s) // also when nobody looks: its time runs
	if w.preview.hidden {
		return
	}
	w.renderMenu()
	for _, v := range w.views {
		v.render(s)
	}
	w.renderSheets(s)
}

// renderSheets keeps what is open over the window up to date, and greets somebody
// who starts Tally for the first time.
func (w *Window) renderSheets(s app.Snapshot) {
	if w.graphs != nil {
		w.graphs.render(s)
	}
	if w.sheet != nil && w.sheet.fresh != nil {
		w.sheet.fresh(s)
	}
	if w.checks != nil {
		w.checks.render(s)
	}
	if w.guide != nil {
		w.guide.render(s)
	}
	if s.FirstStart && !w.greeted && w.sheet == nil {
		w.greeted = true
		w.showGuide(stepPicture)
	}
}

func titleOf(s app.Snapshot) string {
	if !s.State.OnAir() || s.State == "" {
		return "Tally"
	}
	return tr("Tally – %s", signalOf(s).quiet)
}

func (w *Window) onAir() bool { return w.shown.State.OnAir() }

// pressLive is the big button.
func (w *Window) pressLive() {
	if !w.onAir() {
		w.goLive()
		return
	}
	if time.Since(w.wentLiveAt) > 700*time.Millisecond { // else it is the second half of a double click
		w.askToEnd()
	}
}

func (w *Window) goLive() {
	switch {
	case w.onAir():
	case w.mayGoLive():
		w.startShow()
	default:
		w.showChecks(true)
	}
}

func (w *Window) startShow() {
	if len(enabled(w.studio.Settings())) > 0 {
		w.apply(func(s *app.Settings) { s.Used(time.Now()) })
	}
	w.studio.GoLive()
}

// watched tells whether somebody may be watching: ending that needs a second
// thought. A rehearsal has no viewers, nor has a show that is still connecting.
func (w *Window) watched() bool {
	s := w.shown
	return (s.State == app.Live || s.State == app.Stalled || s.State == app.Reconnecting) && !s.Rehearsal.Running
}

func (w *Window) askToEnd() {
	switch {
	case !w.onAir() || w.shown.State == app.Ending:
	case w.watched():
		w.confirm(tr("End the show?"), tr("Viewers see it end. You can go live again at any time."), tr("End the show"), tr("Keep streaming"), true, w.studio.End)
	default:
		w.studio.End()
	}
}

// askToClose is the window's close button.
func (w *Window) askToClose() {
	switch {
	case w.closing || !w.onAir():
		w.quit()
	case w.watched():
		if w.sheet == nil {
			w.confirm(tr("You are on air"), tr("Closing Tally ends the show for your viewers."), tr("End the show and close"), tr("Keep streaming"), true, w.Close)
		}
	default:
		w.Close()
	}
}

// Close ends the show properly, if there is one, and then quits.
func (w *Window) Close() {
	if !w.onAir() {
		w.quit()
		return
	}
	w.closing = true
	w.studio.End()
	time.AfterFunc(closeDeadline, func() { w.do(w.quit) })
}

func (w *Window) quit() {
	if w.quitting.CompareAndSwap(false, true) {
		w.app.Quit()
	}
}

// tryApply changes a copy of the settings and applies it.
func (w *Window) tryApply(change func(*app.Settings)) error {
	next := w.studio.Settings()
	next.Destinations = slices.Clone(next.Destinations) // the snapshot's own stays as it is
	change(&next)
	if err := w.studio.Apply(next); err != nil {
		return err
	}
	s := w.shown
	s.Settings = next // until the next snapshot, which says the same
	w.draw(s)
	return nil
}

// apply is tryApply for what is chosen in the window itself: the banner says
// what is wrong.
func (w *Window) apply(change func(*app.Settings)) { w.answered(w.tryApply(change)) }

// answered says what became of something that was chosen in the window itself.
func (w *Window) answered(err error) {
	w.banner.refused = app.Problem{}
	if err != nil {
		w.banner.refused, w.banner.closed = app.Explain(err), ""
	}
	w.banner.render(w.shown)
}

func (w *Window) toggleMute() {
	w.apply(func(s *app.Settings) { s.Audio.Muted = !s.Audio.Muted })
}

func (w *Window) toggleRecord() { w.setRecording(!recordingOn(w.shown)) }

func (w *Window) toggleFullScreen() { w.win.SetFullScreen(!w.win.FullScreen()) }

func (w *Window) chooseFile(endings []string, chosen func(path string)) {
	d := dialog.NewFileOpen(func(f fyne.URIReadCloser, err error) {
		w.dialog = nil
		if err != nil || f == nil {
			return
		}
		path := f.URI().Path()
		_ = f.Close() // only its name was wanted
		chosen(path)
	}, w.win)
	d.SetFilter(storage.NewExtensionFileFilter(endings))
	w.showDialog(d)
}

func (w *Window) chooseFolder(chosen func(path string)) {
	d := dialog.NewFolderOpen(func(f fyne.ListableURI, err error) {
		w.dialog = nil
		if err == nil && f != nil {
			chosen(f.Path())
		}
	}, w.win)
	w.showDialog(d)
}

func (w *Window) showDialog(d dialog.Dialog) {
	w.dialog = d
	s := w.win.Canvas().Size()
	d.Show() // before Resize, which reaches into what only Show makes
	d.Resize(fyne.NewSize(min(820, s.Width-80), min(560, s.Height-80)))
}

// dropped makes a file that was dropped onto the window the picture, and its
// sound the sound.
func (w *Window) dropped(_ fyne.Position, files []fyne.URI) {
	if len(files) == 0 {
		return
	}
	source := "file:" + files[0].Path()
	w.apply(func(s *app.Settings) { s.Video.Source, s.Audio.Source = source, source })
}
