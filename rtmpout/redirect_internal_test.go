package rtmpout

import "testing"

// K2: a redirect keeps the key, and user and password only on the same host; it leads
// nowhere but to rtmp and rtmps, and never to a weaker scheme.
func TestK2RedirectTarget(t *testing.T) {
	for _, c := range []struct{ from, reference, want, user string }{
		{"rtmp://u:p@h/app", "", "rtmp://h/app", "u"},
		{"rtmp://u:p@h/app", "rtmp://h/other", "rtmp://h/other", "u"},
		{"rtmp://u:p@h/app", "/other?x=1", "rtmp://h/other?x=1", "u"},
		{"rtmp://u:p@h/app", "rtmps://h/app", "rtmps://h/app", "u"},
		{"rtmp://u:p@h/app", "rtmp://other/app", "rtmp://other/app", ""},
		{"rtmp://u:p@h/app", "//other/app", "rtmp://other/app", ""},
		{"rtmp://u:p@h/app", "rtmp://v:q@other/app", "rtmp://other/app", ""},
		{"rtmp://u:p@h/app", "rtmp://other/app/thekey", "rtmp://other/app", ""}, // some name the whole URL
		{"rtmps://h/app", "rtmp://h/app", "", ""},
		{"rtmps://h/app", "http://h/app", "", ""},
		{"rtmp://h/app", "file:///etc/passwd", "", ""},
		{"rtmp://h/app", "rtmp://", "", ""},
		{"rtmp://h/app", "rtmp://h/\x00", "", ""},
		{"rtmp://h/app", "rtmp://h:99999/app", "", ""},
	} {
		from, err := ParseTarget(c.from, "thekey")
		if err != nil {
			t.Fatal(err)
		}
		next, err := from.redirect(c.reference)
		if c.want == "" {
			if err == nil {
				t.Errorf("%s to %q leads to %v", c.from, c.reference, next)
			}
			continue
		}
		key, user, password := next.Reveal()
		if err != nil || next.ServerURL() != c.want || key != "thekey" || user != c.user || (password == "") != (c.user == "") {
			t.Errorf("%s to %q: %v as %q, %v", c.from, c.reference, next.ServerURL(), user, err)
		}
	}
}
