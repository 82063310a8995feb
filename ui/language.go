package ui

import "fmt"

// Every text of the window passes through tr or trn, so that it can be in the
// user's language. The English text is the key under which translations are
// looked up: write whole sentences, and never glue one together from pieces.

// tr is an English text in the user's language. args fill it in as those of
// fmt.Sprintf do; a translation may place them in another order, as %[2]s.
func tr(english string, args ...any) string { return fmt.Sprintf(english, args...) }

// trn is tr for a text about n things. Both forms may have n in them: it is the
// first of args.
func trn(n int, one, many string, args ...any) string {
	if n == 1 {
		return tr(one, append([]any{n}, args...)...)
	}
	return tr(many, append([]any{n}, args...)...)
}
