package ui

import "time"

// paceSetting is how much of this computer the preview may use. It is the
// window's own and kept in Fyne's preferences: the show knows nothing of it.
type paceSetting string

const (
	paceAuto   paceSetting = "" // smooth with a GPU, light where the processor paints
	paceSmooth paceSetting = "smooth"
	paceLight  paceSetting = "light"
	paceOff    paceSetting = "off"
)

func paces() []choice[paceSetting] {
	return []choice[paceSetting]{
		{tr("Automatic"), paceAuto},
		{tr("Smooth – 30 pictures a second"), paceSmooth},
		{tr("Light – 10 pictures a second, for slow computers"), paceLight},
		{tr("Off – least work for this computer"), paceOff},
	}
}

const pacePreference = "preview"

// Least time between two pictures. Where every pixel of the window is painted by
// the processor, each picture costs it some 40 ms.
const (
	smoothPace = 32 * time.Millisecond
	lightPace  = 98 * time.Millisecond
)

func (w *Window) paceChosen() paceSetting {
	return paceSetting(w.app.Preferences().String(pacePreference))
}

func (w *Window) choosePace(p paceSetting) {
	w.app.Preferences().SetString(pacePreference, string(p))
	w.usePace()
	w.render(w.shown)
}

// usePace tells those who move the picture.
func (w *Window) usePace() {
	chosen, pace := w.paceChosen(), smoothPace
	if chosen != paceSmooth && (w.slow || chosen != paceAuto) {
		pace = lightPace
	}
	w.pace.Store(int64(pace))
	w.studio.Preview().Pace(pace)
	w.preview.switchOff(chosen == paceOff)
}
