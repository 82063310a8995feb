package app

import (
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// A destination with a certificate authority of its own goes live through TLS, and
// without it does not; the authority of one is not trusted for another.
func TestOwnAuthority(t *testing.T) {
	n := apptest.StartNGINX(t)
	authority, foreign := apptest.NewAuthority(t), apptest.NewAuthority(t)
	front := apptest.StartTLS(t, n.Addr, authority.Issue(t, "127.0.0.1", time.Now().Add(time.Hour)))
	s := testStudio(t, func(o *Options) {
		for id, ca := range map[string]string{"mine": authority.File, "none": "", "foreign": foreign.File} {
			o.Settings.Destinations = append(o.Settings.Destinations, Destination{ID: id, Name: id, URL: "rtmps://" + front + "/live", CA: ca, Enabled: true})
			o.Keys.(MemoryKeys)[id] = NewKey("key-" + id)
		}
	})
	s.GoLive()
	await(t, s, "live at one and refused by the others", 20*time.Second, func(s Snapshot) bool {
		if len(s.Outputs) != 3 {
			return false
		}
		for _, o := range s.Outputs {
			if want := map[string]State{"mine": Live, "none": Refused, "foreign": Refused}[o.Name]; o.State != want {
				return false
			}
		}
		return true
	})
}

// A file that is missing or holds no certificate is told in a plain sentence, and
// nothing goes out.
func TestUnusableAuthority(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1, 2, 3}}))
	broken := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1, 2, 3}}))
	for path, want := range map[string]string{
		filepath.Join(dir, "missing.pem"):               "There is no file ",
		file("text.pem", "hello"):                       "has no certificate in it",
		file("key.pem", key):                            "has no certificate in it",
		file("broken.pem", broken):                      "cannot be read",
		file("big.pem", strings.Repeat("x", maxFile+1)): "cannot be read",
		dir: "cannot be read",
	} {
		_, err := ReadAuthorities(path)
		if p := Explain(err); !strings.Contains(p.Title.String(), want) || !strings.Contains(p.Title.String(), path) || p.Advice == "" || p.Retry {
			t.Errorf("%s: %+v", path, p)
		}
	}
	s := testStudio(t, func(o *Options) {
		o.Settings.Destinations = []Destination{{ID: "a", Name: "a", URL: "rtmps://127.0.0.1/live", CA: dir, Enabled: true}}
		o.Keys.(MemoryKeys)["a"] = NewKey("key")
	})
	s.GoLive()
	await(t, s, "idle with a problem", 10*time.Second, func(s Snapshot) bool {
		return s.State == Idle && len(s.Problems) > 0 && strings.Contains(s.Problems[0].Title.String(), "cannot be read")
	})
}
