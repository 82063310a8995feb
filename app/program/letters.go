package program

import (
	"os"
	"sync"

	"github.com/go-text/typesetting/fontscan"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// sign is what a slate says, and where the letters for it are.
type sign struct {
	text  string
	path  string // a font of this computer's; empty: Tally's own
	index int    // of the font in that file
}

// ownFont has Latin, Greek and Cyrillic letters.
var ownFont = sync.OnceValues(func() (*opentype.Font, error) { return opentype.Parse(gomedium.TTF) })

// legible makes a sign of the first of the texts that this computer has letters for.
// It may read the list of all fonts, which takes a moment at the first time.
func legible(texts ...string) sign {
	for _, text := range texts {
		if own, err := ownFont(); err == nil && covers(own, text) {
			return sign{text: text}
		}
		if s, ok := foreign(text); ok {
			return s
		}
	}
	return sign{}
}

// foreign looks among this computer's fonts for one that has all of a text.
func foreign(text string) (sign, bool) {
	fonts := fontscan.NewFontMap(silent{})
	if fonts.UseSystemFonts("") != nil {
		return sign{}, false
	}
	fonts.SetQuery(fontscan.Query{Families: []string{fontscan.SansSerif}})
	for _, r := range text {
		face := fonts.ResolveFace(r)
		if face == nil {
			return sign{}, false
		}
		at := fonts.FontLocation(face.Font)
		s := sign{text: text, path: at.File, index: int(at.Index)}
		covered := false
		if s.letters(func(f *opentype.Font) { covered = covers(f, text) }) == nil && covered {
			return s, true
		}
	}
	return sign{}, false
}

// letters lends the font that the sign is written in. One with all of China's
// letters has 20 MB, so it is read from the disk as needed and not kept.
func (s sign) letters(use func(*opentype.Font)) error {
	if s.path == "" {
		own, err := ownFont()
		if err == nil {
			use(own)
		}
		return err
	}
	file, err := os.Open(s.path)
	if err != nil {
		return err
	}
	defer file.Close()
	all, err := opentype.ParseCollectionReaderAt(file)
	if err != nil {
		return err
	}
	one, err := all.Font(s.index)
	if err == nil {
		use(one)
	}
	return err
}

func covers(f *opentype.Font, text string) bool {
	var b sfnt.Buffer
	for _, r := range text {
		if glyph, err := f.GlyphIndex(&b, r); err != nil || glyph == 0 {
			return false
		}
	}
	return true
}

// silent keeps what a font on the disk does wrong to itself.
type silent struct{}

func (silent) Printf(string, ...any) {}
