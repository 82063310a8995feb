// Package earlylocale gives the process a language when its environment says "C",
// as containers, cron and CI do. Fyne reads the locale while it is initialised,
// takes "C" for damaged, and writes three lines to stderr, of every command.
//
// It is a module of its own for its name: Go initialises packages in the order
// of their import paths as soon as what they import is ready, so "earlylocale"
// comes before "fyne.io/…", and "tally/…" would not.
package earlylocale

import (
	"os"
	"strings"
)

func init() {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"} {
		value, set := os.LookupEnv(name)
		language, _, _ := strings.Cut(value, ".")
		if set && (language == "C" || language == "POSIX") {
			// Only a name that is too long or has a NUL is refused.
			_ = os.Setenv(name, "en_US.UTF-8")
		}
	}
}
