package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestReadme wants every command and flag of tally's that the README shows to
// be in the program's help, and the other way round every flag of `tally
// stream` to be in the README.
func TestReadme(t *testing.T) {
	readme := slurp("../../../README.md")
	if readme == "" {
		t.Fatal("no README.md")
	}
	help := map[string]string{"": ask(t, "--help")}
	for _, command := range []string{"stream", "devices", "probe"} {
		help[command] = ask(t, command, "--help")
	}
	command := regexp.MustCompile(`(?m)^\s*(?:\S*/)?tally((?:[ \\\n]+[^\n]*?)?)$|` + "`tally([^`\n]*)`")
	flag := regexp.MustCompile(`(?:^|\s)--([a-z][a-z-]*)`)
	seen := 0
	text := strings.ReplaceAll(readme, "\\\n", " ")
	for _, m := range command.FindAllStringSubmatch(text, -1) {
		words := strings.Fields(m[1] + m[2])
		if len(words) == 0 {
			continue
		}
		seen++
		name := words[0]
		if strings.HasPrefix(name, "-") {
			name = ""
		} else if !strings.Contains(help[""], "tally "+name) {
			t.Errorf("the README has `tally %s`, the help has not", strings.Join(words, " "))
			continue
		}
		for _, f := range flag.FindAllStringSubmatch(strings.Join(words, " "), -1) {
			if f[1] != "help" && !hasFlag(help[name], f[1]) {
				t.Errorf("the README has `tally %s`, whose help knows no --%s", strings.Join(words, " "), f[1])
			}
		}
	}
	if seen < 5 {
		t.Errorf("found only %d commands in the README", seen)
	}
	for _, f := range regexp.MustCompile(`(?m)^\s+--?([a-z][a-z-]*)`).FindAllStringSubmatch(help["stream"], -1) {
		if !strings.Contains(readme, "--"+f[1]) {
			t.Errorf("the README does not know --%s", f[1])
		}
	}
}

func ask(t *testing.T, args ...string) string {
	t.Helper()
	r := tally(t, nil, args...)
	r.succeed(t, 10*time.Second)
	return r.stdout()
}

func hasFlag(help, name string) bool {
	return regexp.MustCompile(`(?m)(?:^|\s)--?` + regexp.QuoteMeta(name) + `\b`).MatchString(help)
}
