package ui

import (
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"tally/app"
	"tally/app/words"
	"tally/assets"
)

// speakFor changes the language for one test.
func speakFor(t *testing.T, name string, texts assets.Translations) {
	t.Helper()
	before := voice.Load()
	t.Cleanup(func() { voice.Store(before) })
	v := newSpeech(name)
	if texts != nil {
		v.texts = texts
	}
	voice.Store(v)
}

func TestTranslatedTexts(t *testing.T) {
	speakFor(t, "de", assets.Translations{
		"%d of %d kbit/s":          {Text: "%d von %d kbit/s"},
		"%s: %s":                   {Text: "%s: %s"},
		"The disk is full.":        {Text: "Die Platte ist voll."},
		"%d pictures are missing.": {Forms: map[string]string{"one": "%d Bild fehlt.", "other": "%d Bilder fehlen."}},
		"2 January 2006":           {Text: "02.01.2006"},
		"%.1f Mbit/s":              {Text: "%.1f Mbit/s"},
	})
	for _, c := range []struct{ got, want string }{
		{tr("%d of %d kbit/s", 5, 7), "5 von 7 kbit/s"},
		{bitrate(12_500), "12,5 Mbit/s"},
		{say(words.Say("%s: %s", "a", app.Sentence("The disk is full."))), "a: Die Platte ist voll."},
		{say(words.Count(1, "%d picture is missing.", "%d pictures are missing.")), "1 Bild fehlt."},
		{trn(0, "%d picture is missing.", "%d pictures are missing."), "0 Bilder fehlen."},
		{trn(1, "not translated: %d thing", "not translated: %d things"), "not translated: 1 thing"},
		{day(time.Date(2026, 11, 5, 12, 0, 0, 0, time.Local)), "05.11.2026"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

// TestPluralForms: languages differ in what they count as one.
func TestPluralForms(t *testing.T) {
	forms := assets.Translations{"%d things": {Forms: map[string]string{"one": "one %d", "few": "few %d", "many": "many %d", "other": "other %d"}}}
	for _, c := range []struct {
		language string
		n        int
		want     string
	}{
		{"de", 1, "one 1"}, {"de", 0, "other 0"}, {"es", 1, "one 1"}, {"ja", 1, "other 1"}, {"zh", 1, "other 1"}, {"pt", 2, "other 2"}, {"pl", 3, "few 3"}, {"pl", 5, "many 5"},
	} {
		speakFor(t, c.language, forms)
		if got := trn(c.n, "%d thing", "%d things"); got != c.want {
			t.Errorf("%d in %s: %q, want %q", c.n, c.language, got, c.want)
		}
	}
}

func TestClosestLanguage(t *testing.T) {
	for locale, want := range map[string]string{
		"de-AT": "de", "es-MX": "es", "pt-BR": "pt", "ja-JP": "ja", "zh-CN": "zh", "zh-TW": "zh", "en-GB": "en", "fr-FR": "en", "sr": "en", "gsw": "de", "xx": "en",
	} {
		if got := closest(fyne.Locale(locale)); got != want {
			t.Errorf("%s reads %s, want %s", locale, got, want)
		}
	}
}
