package assets

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestTranslations: every text of the program is in every language, nothing else
// is, and each takes the arguments that the English text takes.
func TestTranslations(t *testing.T) {
	s := readSources(t, "app/words", "rtmpout", "app", "app/adapt", "app/rehearsal", "ui")
	if len(s.texts) < 300 || len(s.counts) < 5 {
		t.Fatalf("only %d texts and %d that count were found", len(s.texts), len(s.counts))
	}
	for pos := range s.glued {
		t.Errorf("%v: a sentence is glued together", s.files.Position(pos))
	}
	for pos, name := range s.loose {
		t.Errorf("%v: the text of %s is not constant", s.files.Position(pos), name.Name)
	}
	for _, service := range Services() {
		if service.Note != "" {
			s.texts[service.Note] = 0
		}
	}
	for key, one := range s.ones {
		if fits := placeholders(one); fits != placeholders(key) && !strings.HasPrefix(placeholders(key), fits) {
			t.Errorf("%q takes %q, and %q takes %q", one, fits, key, placeholders(key))
		}
	}
	for _, language := range Languages {
		t.Run(language, func(t *testing.T) {
			got := TranslationsInto(language)
			var missing []string
			for _, key := range slices.Sorted(maps.Keys(s.texts)) {
				if got[key].Text == "" {
					missing = append(missing, key)
				}
			}
			for _, key := range slices.Sorted(maps.Keys(s.counts)) {
				if got[key].Forms["other"] == "" {
					missing = append(missing, key)
				}
			}
			for key, is := range got {
				_, text := s.texts[key]
				_, counts := s.counts[key]
				if !text && is.Text != "" || !counts && len(is.Forms) > 0 {
					t.Logf("nobody says %q", key)
				}
				for _, form := range append(slices.Collect(maps.Values(is.Forms)), is.Text) {
					if form != "" && placeholders(form) != placeholders(key) {
						t.Errorf("%q takes %q, and its translation %q takes %q", key, placeholders(key), form, placeholders(form))
					}
				}
			}
			if len(missing) > 0 {
				t.Logf("%d of %d texts are still in English", len(missing), len(s.texts)+len(s.counts))
			}
		})
	}
}

var placeholder = regexp.MustCompile(`%(?:\[(\d+)\])?([-+# 0]*\d*(?:\.\d+)?)([a-zA-Z%])`)

// placeholders lists what a format takes, in the order of its arguments.
func placeholders(format string) string {
	next := 1
	takes := map[int]string{}
	for _, m := range placeholder.FindAllStringSubmatch(format, -1) {
		if m[3] == "%" {
			continue
		}
		if m[1] != "" {
			fmt.Sscan(m[1], &next)
		}
		takes[next] = m[2] + m[3]
		next++
	}
	var list []string
	for _, n := range slices.Sorted(maps.Keys(takes)) {
		list = append(list, fmt.Sprintf("%d:%s", n, takes[n]))
	}
	return strings.Join(list, " ")
}

func TestPlaceholders(t *testing.T) {
	for format, want := range map[string]string{
		"nothing": "", "100%% of %s": "1:s", "%d of %.1f": "1:d 2:.1f", "%[2]s, %[1]d": "1:d 2:s", "%[2]s, %s": "2:s 3:s",
	} {
		if got := placeholders(format); got != want {
			t.Errorf("%q takes %q, want %q", format, got, want)
		}
	}
}
