package assets

import (
	"embed"
	"encoding/json"
)

// Languages are those that Tally has texts in, besides English, as BCP 47 tags.
// Each has a file in translations.
var Languages = []string{"de", "es", "pt", "ja", "zh"}

// Translations are the texts of a language by the English ones, which the code
// has. A text that counts things is found by its English form for many.
type Translations map[string]Translation

// Translation is a text in another language. In the file it is a string, or an
// object with a text for each plural form that the language has.
type Translation struct {
	Text  string
	Forms map[string]string // by the names that Unicode's CLDR gives plural forms: "one", "few", "other", …
}

// UnmarshalJSON reads either shape.
func (t *Translation) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		return json.Unmarshal(data, &t.Text)
	}
	return json.Unmarshal(data, &t.Forms)
}

//go:embed translations
var translations embed.FS

// TranslationsInto reads the texts of one of [Languages]; nil for any other.
func TranslationsInto(language string) Translations {
	data, err := translations.ReadFile("translations/" + language + ".json")
	if err != nil {
		return nil
	}
	var t Translations
	// The files are compiled in, and a test reads them all.
	if err := json.Unmarshal(data, &t); err != nil {
		panic("assets: translations/" + language + ".json: " + err.Error())
	}
	return t
}
