package ui

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"tally/app"
	"tally/capture"
	"tally/capture/camera"
)

// cameraSheet adjusts the camera in use, while its picture goes on beside it.
type cameraSheet struct {
	window *Window
	sheet  *sheet
	device string
	body   *fyne.Container
	rows   map[uint32]*controlRow
	none   *paragraph
	made   []uint32 // the controls that rows were made for
	wanted map[uint32]int32
	sent   time.Time
	timer  *time.Timer
}

const (
	cameraWidth = 330
	// sendEvery is how often a moving slider is passed on.
	sendEvery = 80 * time.Millisecond
)

func (w *Window) showCamera() {
	if !isCamera(w.shown) {
		return
	}
	v := &cameraSheet{window: w, sheet: w.newSheet(), device: w.shown.Picture.Device, rows: map[uint32]*controlRow{}}
	k := &v.sheet.keys
	k.enter = v.sheet.close
	format := newSheetSelect(k, nil, nil)
	names, formats, selected := v.formats()
	format.Options, format.Selected = names, selected
	format.OnChanged = func(name string) {
		v.set(func(one *app.SourceSettings) { one.Format = formats[name] })
	}
	v.none = hintText(tr("This camera has nothing else that could be set."), cameraWidth)
	v.body = column(12, field(tr("Size and pictures a second"), format, nil), v.none)
	reset := newSheetButton(k, tr("Reset"), widget.MediumImportance, func() {
		v.set(func(one *app.SourceSettings) { one.Controls = nil })
	})
	done := newSheetButton(k, tr("Done"), widget.HighImportance, v.sheet.close)
	v.sheet.fresh = v.render
	v.render(w.shown)
	v.sheet.openBeside(clipName(w.shown.Picture.Name), cameraWidth+40, widthOf(cameraWidth, v.body), format, reset, done)
}

// set changes what is remembered of the camera.
func (v *cameraSheet) set(change func(*app.SourceSettings)) {
	v.window.apply(func(s *app.Settings) { s.SetOf(v.device, change) })
}

// formats are the camera's own, the largest first, each as people read it.
func (v *cameraSheet) formats() (names []string, by map[string]capture.Format, selected string) {
	now := v.window.shown.Settings.Of(v.device).Format
	automatic := tr("Automatic – what suits the show")
	names, by, selected = []string{automatic}, map[string]capture.Format{automatic: {}}, automatic
	for _, d := range devices(v.window.shown.Devices, capture.KindCamera) {
		if "camera:"+d.ID != v.device {
			continue
		}
		all := slices.Clone(d.Formats)
		slices.SortStableFunc(all, func(a, b capture.Format) int {
			if a.Width*a.Height != b.Width*b.Height {
				return b.Width*b.Height - a.Width*a.Height
			}
			return int(b.FPS - a.FPS)
		})
		for _, f := range all {
			name := formatText(f)
			if _, known := by[name]; !known {
				names, by[name] = append(names, name), f
			}
			if f == now {
				selected = name
			}
		}
	}
	return names, by, selected
}

func formatText(f capture.Format) string {
	text := fmt.Sprintf("%d × %d", f.Width, f.Height)
	if f.FPS > 0 {
		text += " · " + strconv.FormatFloat(f.FPS, 'f', -1, 32) + " fps"
	}
	return text + " · " + f.Pixel
}

// render follows what the camera says of its controls.
func (v *cameraSheet) render(s app.Snapshot) {
	var ids []uint32
	for _, c := range s.Controls {
		if c.Kind != camera.Button && c.Standard() {
			ids = append(ids, c.ID)
		}
	}
	if s.Picture.Device != v.device || len(ids) == 0 && len(v.made) > 0 {
		return // it is being started again
	}
	if !slices.Equal(ids, v.made) {
		v.made, v.rows = ids, map[uint32]*controlRow{}
		v.body.Objects = v.body.Objects[:1]
		for _, c := range s.Controls {
			if slices.Contains(ids, c.ID) {
				r := v.newControlRow(c)
				v.rows[c.ID] = r
				v.body.Add(r.root)
			}
		}
		if len(ids) == 0 {
			v.body.Add(v.none)
		}
		v.body.Refresh()
	}
	if time.Since(v.sent) < time.Second {
		return // the camera is still on its way
	}
	for _, c := range s.Controls {
		if r := v.rows[c.ID]; r != nil {
			r.show(c)
		}
	}
}

// controlRow is one control of a camera.
type controlRow struct {
	root   fyne.CanvasObject
	value  *line
	slider *sheetSlider
	check  *sheetCheck
	choice *sheetSelect
}

func (v *cameraSheet) newControlRow(c camera.Control) *controlRow {
	k, r := &v.sheet.keys, &controlRow{}
	switch c.Kind {
	case camera.Switch:
		r.check = newSheetCheck(k, c.Name, nil)
		r.check.Checked = c.Value != 0
		r.check.OnChanged = func(on bool) {
			value := int32(0)
			if on {
				value = 1
			}
			v.turn(c.ID, value)
		}
		r.root = r.check
	case camera.Menu:
		r.choice = newSheetSelect(k, nil, nil)
		for _, n := range slices.Sorted(maps.Keys(c.Choices)) {
			r.choice.Options = append(r.choice.Options, c.Choices[n])
		}
		r.choice.Selected = c.Choices[c.Value]
		r.choice.OnChanged = func(name string) {
			for n, one := range c.Choices {
				if one == name {
					v.turn(c.ID, n)
				}
			}
		}
		r.root = field(c.Name, r.choice, nil)
	default:
		r.value = newLine(strconv.Itoa(int(c.Value)), colorSecondary, sizeSmall)
		r.slider = newSheetSlider(k, float64(c.Min), float64(c.Max), float64(max(c.Step, 1)), float64(c.Value), func(value float64) {
			r.value.setText(strconv.Itoa(int(value)))
			v.turn(c.ID, int32(value))
		})
		r.root = column(0, ends(newLine(c.Name, colorSecondary, sizeSmall).bold(), r.value), r.slider)
	}
	r.show(c)
	return r
}

// show makes the row look as the control is. One that an automatic has taken over
// cannot be moved.
func (r *controlRow) show(c camera.Control) {
	type control interface {
		fyne.Disableable
		Refresh()
	}
	var one control
	switch {
	case r.check != nil:
		one = r.check
		if on := c.Value != 0; r.check.Checked != on {
			r.check.Checked = on
			r.check.Refresh()
		}
	case r.choice != nil:
		one = r.choice
		if name := c.Choices[c.Value]; r.choice.Selected != name {
			r.choice.Selected = name
			r.choice.Refresh()
		}
	default:
		one = r.slider
		r.value.setText(strconv.Itoa(int(c.Value)))
		r.slider.show(float64(c.Value))
	}
	switch {
	case c.Inactive && !one.Disabled():
		one.Disable()
	case !c.Inactive && one.Disabled():
		one.Enable()
	}
}

// turn asks for another value: at once, and of a slider that keeps moving no more often
// than sendEvery.
func (v *cameraSheet) turn(id uint32, value int32) {
	if v.wanted == nil {
		v.wanted = map[uint32]int32{}
	}
	v.wanted[id] = value
	if v.timer != nil {
		return
	}
	wait := sendEvery - time.Since(v.sent)
	if wait <= 0 {
		v.send()
		return
	}
	v.timer = time.AfterFunc(wait, func() { v.window.do(v.send) })
}

func (v *cameraSheet) send() {
	wanted := v.wanted
	v.wanted, v.timer, v.sent = nil, nil, time.Now()
	v.set(func(one *app.SourceSettings) {
		if one.Controls == nil {
			one.Controls = map[uint32]int32{}
		}
		maps.Copy(one.Controls, wanted)
	})
}
