package ui

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
	"tally/app/program"
	"tally/assets"
)

// guide takes somebody who has set up nothing to a rehearsal, or to a show, in five
// steps. Each is a sheet of its own, and what is chosen in it counts at once: it can
// be left at any moment.
//
//	picture ──> service ──> key ──> measure ──> go
//	               └─ only rehearse ─────────────^
type guide struct {
	window *Window
	sheet  *sheet
	step   guideStep
	moving bool // to another step: the sheet that closes is not the end

	service string // ID; empty: only rehearse; own: an own server
	id      string // of the destination, once it is saved
	motion  bool   // somebody wishes smooth motion

	// Of the step that is shown; nil in the others.
	picture *pictureView
	sound   *soundView
	raster  *canvas.Raster
	measure *measureView
}

type guideStep int

const (
	stepPicture guideStep = iota
	stepService
	stepKey
	stepMeasure
	stepGo
	guideSteps int = iota
)

// own stands for an own server among the IDs of services.
const own = "own"

const guideWidth = 690

// showGuide opens the guide at a step.
func (w *Window) showGuide(at guideStep) {
	if w.onAir() || w.guide != nil {
		return
	}
	w.guide = &guide{window: w}
	if d := firstDestination(w.shown.Settings); d.ID != "" {
		w.guide.id, w.guide.service = d.ID, d.Service
		if d.Service == "" {
			w.guide.service = own
		}
	}
	w.guide.show(at)
}

// show goes to a step.
func (g *guide) show(step guideStep) {
	if g.sheet != nil {
		g.moving = true
		g.sheet.close()
		g.moving = false
	}
	g.step, g.sheet = step, g.window.newSheet()
	g.picture, g.sound, g.raster, g.measure = nil, nil, nil, nil
	g.sheet.closed = g.left
	switch step {
	case stepPicture:
		g.showPicture()
	case stepService:
		g.showService()
	case stepKey:
		g.showKey()
	case stepMeasure:
		g.showMeasure()
	case stepGo:
		g.showGo()
	}
}

// left is called when the sheet of a step closes.
func (g *guide) left() {
	g.window.studio.StopMeasuring()
	if g.moving {
		return
	}
	w := g.window
	w.guide = nil
	if w.shown.FirstStart { // settings are there from now on, so that it does not come again
		w.apply(func(*app.Settings) {})
	}
}

// open shows the sheet of a step. The last button is the one that Return presses.
func (g *guide) open(title string, body fyne.CanvasObject, focus fyne.Focusable, buttons ...*sheetButton) {
	progress := row(10, vcenter(newDots(int(g.step), guideSteps)), newLine(tr("Step %d of %d", int(g.step)+1, guideSteps), colorSecondary, sizeSmall))
	g.sheet.open(title, column(14, progress, container.New(leastSize{guideWidth, 284}, body)), focus, buttons...)
}

// leastSize keeps all steps equally large, so that nothing jumps.
type leastSize struct{ width, height float32 }

func (l leastSize) MinSize(o []fyne.CanvasObject) fyne.Size {
	m := o[0].MinSize()
	return fyne.NewSize(max(m.Width, l.width), max(m.Height, l.height))
}

func (leastSize) Layout(o []fyne.CanvasObject, s fyne.Size) { o[0].Resize(s) }

func (g *guide) button(label string, importance widget.Importance, tapped func()) *sheetButton {
	return newSheetButton(&g.sheet.keys, label, importance, tapped)
}

func (g *guide) skip() *sheetButton {
	return g.button(tr("Leave the guide"), widget.LowImportance, func() { g.sheet.close() })
}

func (g *guide) back(to guideStep) *sheetButton {
	return g.button(tr("Back"), widget.MediumImportance, func() { g.show(to) })
}

func (g *guide) next(to guideStep) *sheetButton {
	return g.button(tr("Next"), widget.HighImportance, func() { g.show(to) })
}

// render shows a snapshot in the step that is open.
func (g *guide) render(s app.Snapshot) {
	if s.State.OnAir() && s.State != "" { // by a hand at the keyboard, or by the guide itself
		g.sheet.close()
		return
	}
	if g.picture != nil {
		g.picture.render(s)
		g.sound.render(s)
	}
	if g.measure != nil {
		g.measure.render(s)
	}
}

// move shows the newest picture and level.
func (g *guide) move(l program.Level) {
	if g.raster == nil {
		return
	}
	g.raster.Refresh()
	g.sound.meter.update(l, time.Now(), g.sound.muted)
	g.sound.renderHint()
}

func (g *guide) showPicture() {
	w := g.window
	g.picture, g.sound = newPictureView(w), newSoundView(w)
	g.raster = canvas.NewRaster(func(int, int) image.Image {
		if w.preview.taken == nil {
			return image.Transparent
		}
		return &w.preview.image
	})
	g.raster.ScaleMode = canvas.ImageScaleFastest
	stage := canvas.NewRectangle(shade(colorStage))
	picture := container.New(leastSize{400, 225}, container.New(&shapeLayout{w.preview}, stage, g.raster))
	body := container.NewBorder(nil, nil, pad(0, 0, 0, gap, container.NewVBox(picture)), nil,
		column(near, g.picture.root, g.sound.root,
			hintText(tr("Say something: the bar should move. Everything can be changed later, also while you are live."), guideWidth-400-gap)))
	next := g.next(stepService)
	g.open(tr("Welcome to Tally: picture and sound"), body, next, g.skip(), next)
	g.picture.render(w.shown)
	g.sound.render(w.shown)
}

// shapeLayout keeps the shape of the preview's picture.
type shapeLayout struct{ v *previewView }

func (shapeLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(160, 90) }

func (l shapeLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	o[0].Resize(s)
	w, h := s.Width, s.Width/l.v.shape
	if h > s.Height {
		w, h = s.Height*l.v.shape, s.Height
	}
	o[1].Resize(fyne.NewSize(w, h))
	o[1].Move(fyne.NewPos((s.Width-w)/2, (s.Height-h)/2))
}

// showService lets choose where to go. Whoever has nothing yet can rehearse.
func (g *guide) showService() {
	next := g.button(tr("Next"), widget.HighImportance, func() {
		if g.service == "" {
			g.show(stepGo)
		} else {
			g.show(stepKey)
		}
	})
	grid := container.NewGridWithColumns(4)
	var tiles []*sheetButton
	var ids []string
	mark := func() {
		for i, t := range tiles {
			t.Importance = widget.MediumImportance
			if ids[i] == g.service {
				t.Importance = widget.HighImportance
			}
			t.Refresh()
		}
	}
	tile := func(id, name string) {
		t := g.button(name, widget.MediumImportance, func() {
			g.service = id
			mark()
			g.window.win.Canvas().Focus(next) // a button that was pressed has the focus no more
		})
		tiles, ids = append(tiles, t), append(ids, id)
		grid.Add(container.New(leastSize{120, 44}, t))
	}
	tile("", tr("Only rehearse"))
	for _, s := range assets.Services() {
		tile(s.ID, s.Name)
	}
	tile(own, tr("Own server"))
	mark()
	text := newParagraph(tr("Where do you want to go live? A rehearsal needs no account: Tally receives its own stream and shows what arrived."), theme.ColorNameForeground, theme.SizeNameText, guideWidth)
	g.open(tr("Your service"), column(14, text, grid), next, g.skip(), g.back(stepPicture), next)
}

// showKey is the part of the destination's form that a newcomer needs.
func (g *guide) showKey() {
	w := g.window
	var d app.Destination
	if i := indexOf(w.shown.Settings.Destinations, g.id); i >= 0 {
		d = w.shown.Settings.Destinations[i]
	}
	service, known := assets.ServiceByID(g.service)
	if d.Service != service.ID { // another one than before
		d.Service, d.URL, d.Name, d.Backup = service.ID, "", "", ""
	}
	f := newDestinationForm(w, g.sheet, d)
	f.kept = func(d app.Destination) {
		g.id = d.ID
		g.show(stepMeasure)
	}
	title := tr("Your own server")
	if known {
		title = tr("Your key for %s", service.Name)
	}
	body := column(12,
		f.serverField, f.addressPart,
		column(tight, newLine(tr("Stream key"), colorSecondary, sizeSmall).bold(), f.key, keyNote(w.shown.Keys), f.findRow),
		f.note,
	)
	later := g.button(tr("I have no key yet"), widget.MediumImportance, func() { g.service = ""; g.show(stepGo) })
	save := g.button(tr("Next"), widget.HighImportance, f.save)
	var first fyne.Focusable = f.key
	if !known {
		first = f.address
	}
	g.open(title, body, first, g.skip(), g.back(stepService), later, save)
}

// showGo is the end: rehearse or go live.
func (g *guide) showGo() {
	w := g.window
	s := w.shown
	v := s.Settings.Video
	picture, _, _ := sourceText(s.Picture, pictureSource(s), s.Devices, tr("No picture"))
	sound, _, _ := sourceText(s.Sound, soundSource(s), s.Devices, tr("No sound"))
	lines := column(8,
		fact(tr("Picture"), picture),
		fact(tr("Sound"), sound),
		fact(tr("Sent as"), tr("%d × %d at %d, %s", v.Width, v.Height, v.FPS, bitrate(v.BitrateKbps))),
	)
	text := tr("In a rehearsal, everything happens as in a show, but nobody sees it: the stream goes to a server inside Tally, which says what a service would get.")
	buttons := []*sheetButton{g.skip(), g.back(g.before())}
	if i := indexOf(s.Settings.Destinations, g.id); i >= 0 && g.service != "" {
		d := s.Settings.Destinations[i]
		lines.Add(fact(tr("Stream to"), d.Name))
		text += " " + tr("To go live afterwards, choose %s at the right and press GO LIVE.", d.Name)
		buttons = append(buttons, g.button(tr("Go live now"), widget.MediumImportance, func() {
			w.enable(d.ID)
			g.sheet.close()
			w.goLive()
		}))
	}
	rehearse := g.button(tr("Rehearse now"), widget.HighImportance, func() {
		w.enable("")
		g.sheet.close()
		w.goLive()
	})
	body := column(16, newParagraph(text, theme.ColorNameForeground, theme.SizeNameText, guideWidth), lines)
	g.open(tr("Ready"), body, rehearse, append(buttons, rehearse)...)
}

// before is the step that Back goes to from the last one.
func (g *guide) before() guideStep {
	if g.service == "" {
		return stepService
	}
	return stepMeasure
}

// fact is one line of a summary.
func fact(name, value string) fyne.CanvasObject {
	return borderLeft(newLine(name, colorSecondary, theme.SizeNameText).roomFor("Stream to        "), newLine(value, theme.ColorNameForeground, theme.SizeNameText).clipped())
}

// newDots shows how far somebody is.
func newDots(at, of int) fyne.CanvasObject {
	const d = 8
	all := row(6)
	for i := range of {
		c := canvas.NewCircle(shade(theme.ColorNameInputBorder))
		if i == at {
			c.FillColor = shade(theme.ColorNamePrimary)
		}
		all.Add(container.NewGridWrap(fyne.NewSquareSize(d), c))
	}
	return all
}
