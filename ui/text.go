package ui

import (
	"path/filepath"
	"sort"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/theme"
	"fyne.io/fyne/v2/widget"
	"github.com/go-text/typesetting/segmenter"
)

// line is one line of text. Setting what it shows already costs nothing.
type line struct {
	widget.BaseWidget
	text  string
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
	style fyne.TextStyle
	align fyne.TextAlign
	room  string // it is at least as wide as this would be, so that numbers that change move nothing
	clip  bool   // too long a text ends in … instead of asking for more width
	brief string // with clip: what it says instead where text has too little room
}

func newLine(text string, color fyne.ThemeColorName, size fyne.ThemeSizeName) *line {
	l := &line{text: text, color: color, size: size}
	l.ExtendBaseWidget(l)
	return l
}

func (l *line) bold() *line               { l.style.Bold = true; return l }
func (l *line) clipped() *line            { l.clip = true; return l }
func (l *line) roomFor(text string) *line { l.room = text; return l }
func (l *line) centered() *line           { l.align = fyne.TextAlignCenter; return l }
func (l *line) trailing() *line           { l.align = fyne.TextAlignTrailing; return l }

// set changes text and colour.
func (l *line) set(text string, color fyne.ThemeColorName) {
	if l.text == text && l.color == color {
		return
	}
	l.text, l.color = text, color
	l.Refresh()
}

func (l *line) setText(text string) { l.set(text, l.color) }

func (l *line) measure(text string) fyne.Size { return fyne.MeasureText(text, size(l.size), l.style) }

// fitting is what there is room for.
func (l *line) fitting(width float32) string {
	if l.brief != "" && l.measure(l.text).Width > width {
		return l.brief
	}
	return l.text
}

func (l *line) CreateRenderer() fyne.WidgetRenderer {
	return &lineRenderer{line: l, text: canvas.NewText("", shade(l.color))}
}

type lineRenderer struct {
	line *line
	text *canvas.Text
}

func (r *lineRenderer) Layout(s fyne.Size) {
	r.text.Resize(s)
	r.update(s.Width)
}

func (r *lineRenderer) MinSize() fyne.Size {
	l := r.line
	m := l.measure(l.room)
	if !l.clip {
		m = m.Max(l.measure(l.text))
	}
	if l.room == "" && l.clip {
		m.Width = size(l.size) * 2
	}
	return m
}

func (r *lineRenderer) Refresh() {
	r.update(r.line.Size().Width)
	canvas.Refresh(r.text)
}

func (r *lineRenderer) update(width float32) {
	l := r.line
	r.text.Text = l.text
	if l.clip {
		r.text.Text = ellipsis(l.fitting(width), width, l.measure)
	}
	r.text.Color, r.text.TextSize, r.text.TextStyle, r.text.Alignment = shade(l.color), size(l.size), l.style, l.align
}

func (r *lineRenderer) Objects() []fyne.CanvasObject { return []fyne.CanvasObject{r.text} }
func (r *lineRenderer) Destroy()                     {}

// ellipsis shortens text until it fits.
func ellipsis(text string, width float32, measure func(string) fyne.Size) string {
	if measure(text).Width <= width {
		return text
	}
	short := func(n int) string { return strings.TrimRight(string([]rune(text)[:n]), " ") + "…" }
	return short(most(utf8.RuneCountInString(text), func(n int) bool { return measure(short(n)).Width <= width }))
}

// most is the greatest number up to limit that fits, if each less one does, too. At
// least it is 0.
func most(limit int, fits func(int) bool) int {
	return sort.Search(limit, func(n int) bool { return !fits(n + 1) })
}

// paragraph is text of several lines. Its height follows from its width: that it
// was given by Resize, or width before.
type paragraph struct {
	widget.BaseWidget
	text  string
	color fyne.ThemeColorName
	size  fyne.ThemeSizeName
	style fyne.TextStyle
	align fyne.TextAlign
	width float32 // least width
}

func newParagraph(text string, color fyne.ThemeColorName, size fyne.ThemeSizeName, width float32) *paragraph {
	p := &paragraph{text: text, color: color, size: size, width: width}
	p.ExtendBaseWidget(p)
	return p
}

// set changes text and colour. It tells whether that changed anything: who lays out the
// paragraph does so anew then, for it may need another number of lines.
func (p *paragraph) set(text string, color fyne.ThemeColorName) bool {
	if p.text == text && p.color == color {
		return false
	}
	p.text, p.color = text, color
	p.Refresh()
	return true
}

// pieces are what a line may break a word into: Japanese and Chinese have no spaces,
// and paths and addresses are long.
func pieces(word string) []string {
	const path = 30 // letters and more
	switch {
	case strings.ContainsFunc(word, func(r rune) bool { return r >= 0x2e80 }): // where their scripts begin
	case len(word) >= path:
		return strings.SplitAfter(word, string(filepath.Separator))
	default:
		return []string{word}
	}
	var s segmenter.Segmenter
	s.Init([]rune(word))
	var all []string
	for lines := s.LineIterator(); lines.Next(); {
		all = append(all, string(lines.Line().Text))
	}
	return all
}

// laidOut is the least width of a paragraph that has been laid out. It has room for a letter.
const laidOut = 60

// lines breaks the text at spaces, where it says so itself, and anywhere where nothing
// else helps.
func (p *paragraph) lines(width float32) []string {
	measure := func(s string) fyne.Size { return fyne.MeasureText(s, size(p.size), p.style) }
	var out []string
	for _, para := range strings.Split(p.text, "\n") {
		current := ""
		for _, word := range strings.Fields(para) {
			space := " "
			for _, piece := range pieces(word) {
				next := piece
				if current != "" {
					next = current + space + piece
				}
				if current != "" && measure(next).Width > width {
					out = append(out, current)
					next = piece
				}
				for width >= laidOut && measure(next).Width > width { // a name without any place to break it
					letters := []rune(next)
					n := most(len(letters), func(n int) bool { return measure(string(letters[:n])).Width <= width })
					out, next = append(out, string(letters[:n])), string(letters[n:])
				}
				current, space = next, ""
			}
		}
		out = append(out, current)
	}
	return out
}

func (p *paragraph) CreateRenderer() fyne.WidgetRenderer {
	r := &paragraphRenderer{p: p}
	r.fill(p.width)
	return r
}

type paragraphRenderer struct {
	p       *paragraph
	objects []fyne.CanvasObject
}

func (r *paragraphRenderer) lineHeight() float32 {
	return fyne.MeasureText("Ág", size(r.p.size), r.p.style).Height
}

func (r *paragraphRenderer) fill(width float32) {
	lines := r.p.lines(max(width, r.p.width))
	h := r.lineHeight()
	r.objects = make([]fyne.CanvasObject, len(lines))
	for i, s := range lines {
		t := canvas.NewText(s, shade(r.p.color))
		t.TextSize, t.TextStyle, t.Alignment = size(r.p.size), r.p.style, r.p.align
		t.Move(fyne.NewPos(0, float32(i)*h))
		t.Resize(fyne.NewSize(max(width, r.p.width), h))
		r.objects[i] = t
	}
}

func (r *paragraphRenderer) Layout(s fyne.Size) { r.fill(s.Width) }

func (r *paragraphRenderer) MinSize() fyne.Size {
	n := len(r.p.lines(max(r.p.Size().Width, r.p.width)))
	return fyne.NewSize(r.p.width, float32(n)*r.lineHeight())
}

func (r *paragraphRenderer) Refresh() {
	r.fill(r.p.Size().Width)
	canvas.Refresh(r.p)
}

func (r *paragraphRenderer) Objects() []fyne.CanvasObject { return r.objects }
func (r *paragraphRenderer) Destroy()                     {}

// caption is the small heading over a control.
func caption(text string) *line { return newLine(text, colorSecondary, sizeSmall).bold() }

// heading is the title of a sheet.
func heading(text string) *line {
	return newLine(text, theme.ColorNameForeground, theme.SizeNameSubHeadingText).bold()
}
