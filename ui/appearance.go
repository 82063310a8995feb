package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"tally/app"
	"tally/app/words"
	"tally/assets"
)

// What the window looks like and the language that it speaks are its own affair,
// and kept in Fyne's preferences.

// appearancePreference is "dark" or "light"; empty: as the desktop.
const appearancePreference = "appearance"

func appearances() []choice[string] {
	return []choice[string]{
		{tr("As the desktop"), ""},
		{tr("Dark"), "dark"},
		{tr("Light"), "light"},
	}
}

func (w *Window) appearance() string { return w.app.Preferences().String(appearancePreference) }

func (w *Window) chooseAppearance(name string) {
	w.app.Preferences().SetString(appearancePreference, name)
	w.useTheme()
	w.render(w.shown)
}

func (w *Window) useTheme() {
	l := look{}
	switch w.appearance() {
	case "dark":
		l.always = new(theme.VariantDark)
	case "light":
		l.always = new(theme.VariantLight)
	}
	w.app.Settings().SetTheme(l)
}

func (w *Window) languageChosen() string { return w.app.Preferences().String(languagePreference) }

// useLanguage is for the beginning: a language that cannot be shown is not spoken.
func (w *Window) useLanguage() app.Problem {
	speak(w.languageChosen())
	name := voice.Load().tag.String()
	if readable(name) {
		return app.Problem{}
	}
	speak("en")
	return app.Problem{Title: noFont(name), Advice: "Tally speaks English until there is one."}
}

// chooseLanguage changes the language of everything at once.
func (w *Window) chooseLanguage(name string) {
	w.app.Preferences().SetString(languagePreference, name)
	speak(name)
	w.useTheme() // Fyne looks for the language's fonts
	w.preview.close()
	w.tips = newTips()
	w.build()
	w.usePace()
	w.menuShows = ""
	if w.tray != nil {
		w.tray.set(w.shown)
	}
	w.render(w.shown)
}

// samples are texts that a language cannot do without.
var samples = map[string]string{"ja": "日本語あカ", "zh": "简体中文设"}

// readable tells whether this computer can show a language. A missing glyph is as
// wide as one that no font has.
func readable(name string) bool {
	if name == "" {
		name = closest(desktopLocale())
	}
	const nowhere = "\U0010fffd"
	width := func(s string) float32 { return fyne.MeasureText(s, 100, fyne.TextStyle{}).Width }
	for _, r := range samples[name] {
		if width(string(r)) == width(nowhere) {
			return false
		}
	}
	return true
}

func noFont(name string) app.Sentence {
	return words.Say("This computer has no font for %s. Install one, for example fonts-noto-cjk, and start Tally again.", englishNames[name])
}

var englishNames = map[string]string{
	"en": "English", "de": "German", "es": "Spanish", "pt": "Portuguese", "ja": "Japanese", "zh": "Chinese",
}

// languageChoices names each language as its speakers do, where that can be read.
func languageChoices() []choice[string] {
	all := []choice[string]{{tr("As the desktop"), ""}}
	for _, name := range append([]string{"en"}, assets.Languages...) {
		label := languageNames[name]
		if !readable(name) {
			label = englishNames[name]
		}
		all = append(all, choice[string]{label, name})
	}
	return all
}
