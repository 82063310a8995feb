package ui

import (
	"cmp"
	"math"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"

	"tally/app"
	"tally/app/words"
)

// bannerView says what is wrong, over the picture, where the eye is.
type bannerView struct {
	root    *panel
	icon    *widget.Icon
	title   *paragraph
	advice  *paragraph
	retry   *toolButton
	close   *toolButton
	content *fyne.Container

	said    string      // what it is about
	closed  string      // what the user has read
	refused app.Problem // what the user asked for and cannot have
	changed func()      // it needs another height
}

func newBannerView(retry func()) *bannerView {
	v := &bannerView{
		icon:   widget.NewIcon(theme.WarningIcon()),
		title:  newParagraph("", colorOnAlarm, theme.SizeNameText, 0),
		advice: newParagraph("", colorOnAlarm, theme.SizeNameText, 0),
	}
	v.title.style.Bold = true
	v.retry = newToolButton(tr("Retry now"), theme.ViewRefreshIcon(), retry)
	v.close = newToolButton("", theme.CancelIcon(), func() {
		v.closed, v.refused = v.said, app.Problem{}
		v.root.Hide()
	})
	v.close.name = tr("Close")
	v.content = container.New(bannerLayout{}, v.icon, v.title, v.advice, v.retry, v.close)
	v.root = newPanel(v.content, colorAlarm)
	v.root.padX, v.root.padY = 14, 10
	v.root.Hide()
	return v
}

// message is what a banner shows.
type message struct {
	title, advice string
	fill          fyne.ThemeColorName
	text          fyne.ThemeColorName
	retry         bool
	about         string // when its title changes with every look; else empty
}

// isZero tells whether there is nothing to say.
func (m message) isZero() bool { return m.title == "" }

// messageAbout shows a problem.
func messageAbout(p app.Problem, fill, text fyne.ThemeColorName) message {
	return message{title: say(p.Title), advice: say(p.Advice), fill: fill, text: text}
}

// messageOf picks the most important thing to say, or nothing.
func messageOf(s app.Snapshot) message {
	if s.State != app.Ending {
		if m, ok := lostConnection(s); ok {
			return m
		}
	}
	if s.State == app.Stalled && len(s.Problems) == 0 {
		return messageAbout(stalledProblem(s), colorNotice, colorOnNotice)
	}
	if len(s.Problems) > 0 {
		p := s.Problems[0]
		if p.Retry || s.State == app.Live {
			return messageAbout(p, colorNotice, colorOnNotice)
		}
		return messageAbout(p, colorAlarm, colorOnAlarm)
	}
	if !s.Recording.Problem.IsZero() {
		return messageAbout(s.Recording.Problem, colorAlarm, colorOnAlarm)
	}
	if s.State == app.Live && s.Video.Reason != "" && s.Video.TargetKbps < s.Video.ChosenKbps {
		return lowered(s.Video)
	}
	return message{}
}

// lowered says that viewers get less than the user chose, and that nothing has to
// be done.
func lowered(v app.VideoStatus) message {
	return message{
		title:  say(v.Reason),
		advice: tr("Viewers see a little less detail and no stutter. It rises to %s again by itself when the connection allows.", bitrate(v.ChosenKbps)),
		fill:   colorNotice, text: colorOnNotice, about: "lowered",
	}
}

// stalledProblem is about a server that has fallen silent.
func stalledProblem(s app.Snapshot) app.Problem {
	for _, o := range s.Outputs {
		if o.State == app.Stalled && !o.Problem.IsZero() {
			return o.Problem
		}
	}
	return app.Problem{
		Title:  "The server has stopped confirming what it gets.",
		Advice: "Viewers may see a frozen picture. Tally connects anew by itself if this lasts.",
	}
}

// lostConnection is about the first destination that is being tried again.
func lostConnection(s app.Snapshot) (message, bool) {
	for _, o := range s.Outputs {
		refused := o.State == app.Refused
		if !refused && o.Attempt == 0 || o.State == app.Live || o.State == app.Stalled {
			continue
		}
		p := o.Problem
		p.Title = cmp.Or(p.Title, o.Cause, "The connection was lost.")
		if len(s.Outputs) > 1 && o.Name != "" {
			p.Title = words.Say("%s: %s", o.Name, p.Title)
		}
		m := messageAbout(p, colorNotice, colorOnNotice)
		m.retry = true
		if !refused { // else only the user can help
			m.advice = tr("%s %s", retryText(o, s), m.advice)
		}
		return m, true
	}
	return message{}, false
}

// retryText says what happens by itself.
func retryText(o app.OutputStatus, s app.Snapshot) string {
	text := tr("Trying again now, attempt %d.", o.Attempt)
	if in := time.Duration(o.RetryIn); in > 50*time.Millisecond {
		text = tr("Trying again in %.0f s, attempt %d.", math.Ceil(in.Seconds()), o.Attempt)
	}
	if s.Recording.Path != "" {
		text = tr("%s %s", text, tr("The recording goes on."))
	}
	return text
}

func (v *bannerView) render(s app.Snapshot) {
	m := messageOf(s)
	if !v.refused.IsZero() {
		m = messageAbout(v.refused, colorAlarm, colorOnAlarm)
	}
	if m.isZero() {
		v.said, v.closed = "", ""
		show(v.root, false)
		return
	}
	v.said = cmp.Or(m.about, m.title)
	if v.said == v.closed && !m.retry {
		show(v.root, false)
		return
	}
	before := v.root.MinSize()
	v.root.setFill(m.fill)
	v.title.set(m.title, m.text)
	v.advice.set(m.advice, m.text)
	v.icon.SetResource(iconIn(theme.WarningIcon(), m.text))
	show(v.retry, m.retry)
	show(v.close, !m.retry)
	if !v.root.Visible() || v.root.MinSize() != before {
		v.root.Show()
		v.changed()
	}
}

var tinted = map[string]fyne.Resource{}

// iconIn is a drawing in one colour of the theme; the same one each time, so that
// setting it again changes nothing.
func iconIn(icon fyne.Resource, color fyne.ThemeColorName) fyne.Resource {
	key := icon.Name() + "/" + string(color)
	if tinted[key] == nil {
		tinted[key] = theme.NewColoredResource(icon, color)
	}
	return tinted[key]
}

// bannerLayout: icon, then title over advice, then what to press.
type bannerLayout struct{}

const bannerIcon = 26

func (bannerLayout) parts(o []fyne.CanvasObject) (button fyne.Size) {
	for _, b := range o[3:5] {
		if b.Visible() {
			button = b.MinSize()
		}
	}
	return button
}

func (l bannerLayout) MinSize(o []fyne.CanvasObject) fyne.Size {
	b := l.parts(o)
	h := o[1].MinSize().Height + o[2].MinSize().Height + 1
	return fyne.NewSize(bannerIcon+14+120+14+b.Width, max(h, b.Height, bannerIcon))
}

func (l bannerLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	b := l.parts(o)
	o[0].Resize(fyne.NewSquareSize(bannerIcon))
	w := s.Width - bannerIcon - 14 - b.Width - 14
	for _, t := range o[1:3] {
		t.Resize(fyne.NewSize(w, 0))
		t.Resize(fyne.NewSize(w, t.MinSize().Height))
	}
	a, d := o[1].Size().Height, o[2].Size().Height
	y := (s.Height - a - d) / 2
	o[0].Move(fyne.NewPos(0, (s.Height-bannerIcon)/2))
	o[1].Move(fyne.NewPos(bannerIcon+14, y))
	o[2].Move(fyne.NewPos(bannerIcon+14, y+a+1))
	for _, x := range o[3:5] {
		x.Resize(x.MinSize())
		x.Move(fyne.NewPos(s.Width-x.MinSize().Width, (s.Height-x.MinSize().Height)/2))
	}
}
