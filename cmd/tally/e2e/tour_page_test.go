package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writePage makes a page of all pictures in the folder.
func writePage(t *testing.T, dir string) {
	t.Helper()
	var b strings.Builder
	b.WriteString("# Tally's screens\n\nMade by `make screenshots` from the running program, with a window that says “Starting soon” as the picture.\n")
	all := [][]stop{offAir, rehearsal, onAirStops, troubles, afterwards, later}
	table := func(title string, of []look) {
		fmt.Fprintf(&b, "\n## %s\n\n|", title)
		for _, l := range of {
			fmt.Fprintf(&b, " | %s", l.title)
		}
		b.WriteString(" |\n|" + strings.Repeat(" --- |", len(of)+1) + "\n")
		for _, stops := range all {
			for _, s := range stops {
				if of[0].tight && !s.tight {
					continue
				}
				fmt.Fprintf(&b, "| %s |", s.title)
				for _, l := range of {
					file := s.name + "-" + l.name + ".webp"
					if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
						b.WriteString(" |")
						continue
					}
					fmt.Fprintf(&b, ` <a href="%s"><img src="%[1]s" width="220" alt="%s, %s"></a> |`, file, s.title, l.title)
				}
				b.WriteString("\n")
			}
		}
	}
	table("Dark and light, at both scales", looks[:4])
	table("With little room: the smallest window, and other languages with long names", looks[4:])
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}
