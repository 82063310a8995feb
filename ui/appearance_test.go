package ui

import (
	"image/color"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/software"

	"tally/app/apptest"
)

// TestGlyphs: Japanese and Chinese are drawn, each character another one, also by
// the texts that we draw ourselves.
func TestGlyphs(t *testing.T) {
	w, _ := open(t)
	for _, name := range []string{"ja", "zh"} {
		if !readable(name) {
			apptest.Missing(t, "a font for "+englishNames[name])
		}
		seen := map[string]rune{}
		for _, r := range samples[name] {
			picture := drawn(string(r))
			if other, twice := seen[picture]; twice {
				t.Errorf("%s: %c and %c look the same", name, r, other)
			}
			if picture == drawn("\ufffd") {
				t.Errorf("%s: %c is not drawn", name, r)
			}
			seen[picture] = r
		}
	}
	samples["nobody's"] = "\U0010fffe"
	defer delete(samples, "nobody's")
	if readable("nobody's") {
		t.Error("a character that no font has is readable")
	}
	w.app.Preferences().SetString(languagePreference, "en")
	if p := w.useLanguage(); !p.IsZero() {
		t.Errorf("English cannot be shown: %v", p)
	}
}

// TestLinesBreakWithoutSpaces: Japanese and Chinese paragraphs fill their lines,
// and no line begins with a full stop.
func TestLinesBreakWithoutSpaces(t *testing.T) {
	open(t)
	const text = "映像と音声が届いているかどうかを、サーバーの確認応答で確かめます。回線が遅いときはTallyが自動でビットレートを下げます。"
	p := newParagraph(text, colorSecondary, sizeSmall, 0)
	lines := p.lines(160)
	if len(lines) < 4 || strings.Join(lines, "") != text {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for _, l := range lines {
		if strings.HasPrefix(l, "。") || strings.HasPrefix(l, "、") {
			t.Errorf("a line begins with a stop: %q", l)
		}
	}
}

// drawn is what a text looks like, as bytes.
func drawn(text string) string {
	x := canvas.NewText(text, color.Black)
	x.TextSize = 24
	c := software.NewCanvas()
	c.SetContent(x)
	c.Resize(fyne.NewSize(40, 40))
	img := c.Capture()
	var out []byte
	for y := range 40 {
		for x := range 40 {
			r, _, _, _ := img.At(x, y).RGBA()
			out = append(out, byte(r>>8))
		}
	}
	return string(out)
}
