package program

import (
	"image"
	"testing"

	"golang.org/x/image/font/opentype"

	"tally/app/apptest"
)

// A slate is in the streamer's language if this computer can write it, and else in
// one that it can.
func TestASlateIsWrittenInLettersThatAreThere(t *testing.T) {
	const japanese, english = "カメラはまもなく戻ります", "The camera will be back in a moment"
	if s := legible(english); s.text != english || s.path != "" {
		t.Errorf("English is written in %+v", s)
	}
	if s := legible("Die Kamera ist für Sie gleich zurück"); s.path != "" {
		t.Errorf("German is written in %+v", s)
	}
	if s := legible("\U00012000\U00012001", english); s.text != english {
		t.Errorf("for cuneiform stands %q", s.text)
	}

	s := legible(japanese, english)
	if s.text != japanese {
		apptest.Missing(t, "a font with Japanese letters")
	}
	var mask *image.Alpha
	if err := s.letters(func(f *opentype.Font) { mask = lettering(f, s.text, 1280, 720) }); err != nil {
		t.Fatal(err)
	}
	// Each of the twelve signs is something else than the box for what a font lacks.
	seen := map[string]bool{}
	wide := mask.Rect.Dx() / 12
	for i := range 12 {
		column := mask.SubImage(image.Rect(i*wide, 0, (i+1)*wide, mask.Rect.Dy())).(*image.Alpha)
		var ink []byte
		for y := range column.Rect.Dy() {
			ink = append(ink, column.Pix[y*column.Stride:][:wide]...)
		}
		seen[string(ink)] = true
	}
	if len(seen) < 10 { // two stand twice
		t.Errorf("%d different signs", len(seen))
	}
}
