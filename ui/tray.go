package ui

import (
	"fmt"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"tally/app"
)

// tray is Tally in the desktop's tray: the lamp's colour, and what one wants while
// the window is not in front.
type tray struct {
	window *Window
	app    desktop.App
	fill   fyne.ThemeColorName
	on     bool
	muted  bool
}

// UseTray puts Tally into the desktop's tray. It must be called before the
// application runs.
func (w *Window) UseTray() {
	if a, ok := w.app.(desktop.App); ok {
		w.tray = &tray{window: w, app: a}
		w.tray.set(w.shown)
	}
}

// render changes only what must be: desktops draw it anew each time.
func (t *tray) render(s app.Snapshot) {
	if t.fill != signalOf(s).fill || t.on != s.State.OnAir() || t.muted != s.Settings.Audio.Muted {
		t.set(s)
	}
}

func (t *tray) set(s app.Snapshot) {
	t.fill, t.on, t.muted = signalOf(s).fill, s.State.OnAir(), s.Settings.Audio.Muted
	t.app.SetSystemTrayMenu(t.menu())
	t.app.SetSystemTrayIcon(trayIcon(shade(t.fill)))
}

func (t *tray) menu() *fyne.Menu {
	w := t.window
	live := fyne.NewMenuItem(tr("Go live"), w.goLiveFromAfar)
	if t.on {
		live = fyne.NewMenuItem(tr("End the show…"), func() { w.bringUp(); w.askToEnd() })
	}
	mute := fyne.NewMenuItem(tr("Mute"), w.toggleMute)
	if t.muted {
		mute = fyne.NewMenuItem(tr("Unmute"), w.toggleMute)
	}
	quit := fyne.NewMenuItem(tr("Quit"), func() { w.bringUp(); w.askToClose() })
	quit.IsQuit = true
	return fyne.NewMenu("Tally", fyne.NewMenuItem(tr("Show the window"), w.bringUp), fyne.NewMenuItemSeparator(), live, mute, fyne.NewMenuItemSeparator(), quit)
}

// goLiveFromAfar is goLive for somebody who may not see the window: they must see
// what is to be looked at first.
func (w *Window) goLiveFromAfar() {
	if !w.onAir() && !w.mayGoLive() {
		w.bringUp()
	}
	w.goLive()
}

// bringUp shows the window, wherever it is.
func (w *Window) bringUp() {
	w.win.Show()
	w.win.RequestFocus()
}

// trayIcon is the lamp: a disc of its colour.
func trayIcon(c color.Color) fyne.Resource {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	hex := fmt.Sprintf("%02x%02x%02x", n.R, n.G, n.B)
	return fyne.NewStaticResource("lamp-"+hex+".svg", fmt.Appendf(nil,
		`<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64"><circle cx="32" cy="32" r="29" fill="#ffffff"/><circle cx="32" cy="32" r="25" fill="#%s"/></svg>`, hex))
}
