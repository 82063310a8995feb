package ui

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
	printing "golang.org/x/text/message"
	"golang.org/x/text/number"

	"tally/app"
	"tally/app/words"
	"tally/assets"
)

// Every text of the window passes through tr or trn, so that it is in the user's
// language. The English text is the key under which translations are looked up:
// write whole sentences, and never glue one together from pieces. What app says is
// an app.Sentence; say says it.
//
// Fyne's package lang translates Fyne's own dialogs and knows the desktop's
// language. It does not suit our texts: it logs each one that it lacks each time
// that it is drawn, it has no numbers, and it cannot change while the program runs.

// tr is an English text in the user's language. args fill it in as those of
// fmt.Sprintf do, numbers written as the language does; a translation may place
// them in another order, as %[2]s.
func tr(english string, args ...any) string {
	v := voice.Load()
	if t, ok := v.texts[english]; ok && t.Text != "" {
		return fmt.Sprintf(t.Text, v.numbers(args)...)
	}
	return fmt.Sprintf(english, args...)
}

// trn is tr for a text about n things. Both forms may have n in them: it is the
// first of args.
func trn(n int, one, many string, args ...any) string {
	v := voice.Load()
	all := append([]any{n}, args...)
	if t, ok := v.texts[many]; ok {
		text := t.Forms[formNames[plural.Cardinal.MatchPlural(v.tag, n, 0, 0, 0, 0)]]
		if text == "" {
			text = t.Forms["other"]
		}
		if text != "" {
			return fmt.Sprintf(text, v.numbers(all)...)
		}
	}
	if n == 1 {
		return fmt.Sprintf(one, all...)
	}
	return fmt.Sprintf(many, all...)
}

// Say is a sentence of app's in the user's language. Any goroutine may call it.
func Say(s app.Sentence) string { return say(s) }

func say(s app.Sentence) string { return s.In(words.Language{Text: tr, Count: trn}) }

// day and moment write a date as the language does; the keys of their
// translations are layouts of package time.
func day(t time.Time) string    { return t.Local().Format(tr("2 January 2006")) }
func moment(t time.Time) string { return t.Local().Format(tr("2 January 2006, 15:04")) }

var formNames = map[plural.Form]string{
	plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
}

// speech is a language with its texts.
type speech struct {
	tag   language.Tag
	texts assets.Translations
	point string // before decimals
}

// voice is the language in use. It may be read by any goroutine.
var voice atomic.Pointer[speech]

func init() { voice.Store(newSpeech("en")) }

func newSpeech(name string) *speech {
	tag := language.Make(name)
	half := printing.NewPrinter(tag).Sprint(number.Decimal(0.5))
	return &speech{tag: tag, texts: assets.TranslationsInto(name), point: strings.Trim(half, "05")}
}

// numbers makes those among args that have decimals print as the language writes
// them.
func (v *speech) numbers(args []any) []any {
	if v.point == "." {
		return args
	}
	out := make([]any, len(args))
	for i, a := range args {
		if x, ok := a.(float64); ok {
			a = decimal{x, v.point}
		}
		out[i] = a
	}
	return out
}

type decimal struct {
	x     float64
	point string
}

func (d decimal) Format(f fmt.State, verb rune) {
	fmt.Fprint(f, strings.Replace(fmt.Sprintf(fmt.FormatString(f, verb), d.x), ".", d.point, 1))
}

// Languages by the names that their speakers give them.
var languageNames = map[string]string{
	"en": "English", "de": "Deutsch", "es": "Español", "pt": "Português", "ja": "日本語", "zh": "简体中文",
}

// languagePreference is where the window keeps the language that the user chose;
// empty: the desktop's.
const languagePreference = "language"

// desktopLanguage is what the desktop asked for before the user chose.
var desktopLanguage, desktopHasLanguage = os.LookupEnv("LANGUAGE")

// speak changes the language; an empty name follows the desktop.
func speak(name string) {
	if name == "" {
		restoreLanguage()
		name = closest(desktopLocale())
	} else {
		_ = os.Setenv("LANGUAGE", name) // only a NUL is refused; Fyne reads it
	}
	voice.Store(newSpeech(name))
	// Fyne chooses the language of its dialogs when it gets texts, also none.
	if err := lang.AddTranslationsForLocale([]byte("{}"), "en"); err != nil {
		fyne.LogError("Fyne's dialogs keep their language", err)
	}
}

// desktopLocale is what the desktop asks for, whatever is spoken now.
func desktopLocale() fyne.Locale {
	now, was := os.LookupEnv("LANGUAGE")
	restoreLanguage()
	defer func() {
		if was {
			_ = os.Setenv("LANGUAGE", now)
		}
	}()
	return lang.SystemLocale()
}

func restoreLanguage() {
	if desktopHasLanguage {
		_ = os.Setenv("LANGUAGE", desktopLanguage)
	} else {
		_ = os.Unsetenv("LANGUAGE")
	}
}

// closest is the language of Tally's that somebody with that locale reads best.
func closest(locale fyne.Locale) string {
	names := append([]string{"en"}, assets.Languages...)
	tags := make([]language.Tag, len(names))
	for i, n := range names {
		tags[i] = language.Make(n)
	}
	_, i, sure := language.NewMatcher(tags).Match(language.Make(locale.String()))
	if sure == language.No {
		return "en"
	}
	return names[i]
}
