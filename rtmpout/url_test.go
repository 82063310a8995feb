package rtmpout_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"tally/rtmpout"
	"tally/rtmpout/internal/amf0"
)

// N2: server URL and key become app, tcUrl and publish name.
func TestN2URLs(t *testing.T) {
	for _, c := range []struct{ server, key, app, tcURL, host, name string }{
		{"rtmp://h/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h/app/", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"  rtmp://h/app \n", " k\t", "app", "rtmp://h/app", "h:1935", "k"},
		{"RTMP://h/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h:1935/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h:443/app", "k", "app", "rtmp://h:443/app", "h:443", "k"},
		{"rtmps://h:443/app", "k", "app", "rtmps://h/app", "h:443", "k"},
		{"rtmps://h:1935/app", "k", "app", "rtmps://h:1935/app", "h:1935", "k"},
		{"rtmp://h/live2?backup=1", "k", "live2?backup=1", "rtmp://h/live2?backup=1", "h:1935", "k"},
		{"rtmp://h/v2/pub", "k", "v2/pub", "rtmp://h/v2/pub", "h:1935", "k"},
		{"rtmp://h/a/b/c/", "k", "a/b/c", "rtmp://h/a/b/c", "h:1935", "k"},
		{"rtmps://h", "k", "", "rtmps://h/", "h:443", "k"},
		{"rtmps://h/", "k", "", "rtmps://h/", "h:443", "k"},
		{"rtmp://[::1]/app", "k", "app", "rtmp://[::1]/app", "[::1]:1935", "k"},
		{"rtmp://[2001:db8::1]:1936/app", "k", "app", "rtmp://[2001:db8::1]:1936/app", "[2001:db8::1]:1936", "k"},
		{"rtmp://[fe80::1%25eth0]/app", "k", "app", "rtmp://[fe80::1%25eth0]/app", "[fe80::1%eth0]:1935", "k"},
		{"rtmp://u:p%40ss@h/app", "k", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://192.0.2.1/app", "k", "app", "rtmp://192.0.2.1/app", "192.0.2.1:1935", "k"},
		{"rtmp://h/app/k", "", "app", "rtmp://h/app", "h:1935", "k"},
		{"rtmp://h/app/k?token=a/b&x=%2F", "", "app", "rtmp://h/app", "h:1935", "k?token=a/b&x=%2F"},
		{"rtmp://h/a/b/k", "", "a/b", "rtmp://h/a/b", "h:1935", "k"},
		{"rtmp://h/live2?backup=1/k", "", "live2?backup=1", "rtmp://h/live2?backup=1", "h:1935", "k"},
		{"rtmp://h/app/", "k/with/slashes", "app", "rtmp://h/app", "h:1935", "k/with/slashes"},
		{"rtmp://h/app", "k#1 ü%", "app", "rtmp://h/app", "h:1935", "k#1 ü%"},
		{"rtmp://h/app//", "k", "app", "rtmp://h/app", "h:1935", "k"},
	} {
		got, err := rtmpout.ParseTarget(c.server, c.key)
		if err != nil {
			t.Errorf("%q: %v", c.server, err)
			continue
		}
		if got.App() != c.app || got.ServerURL() != c.tcURL || got.Host() != c.host {
			t.Errorf("%q: app %q, tcUrl %q, host %q", c.server, got.App(), got.ServerURL(), got.Host())
		}
		if got.Secure() {
			continue // T1 has what goes through TLS
		}
		list := firstCommands(t, c.server, c.key, avOptions())
		props := amf0.Properties(list[0].Arg(0))
		name := list[len(list)-1].Arg(1)
		if props.Get("app") != c.app || props.Get("tcUrl") != c.tcURL || name != c.name {
			t.Errorf("%q: on the wire app %q, tcUrl %q, name %q", c.server, props.Get("app"), props.Get("tcUrl"), name)
		}
	}
	for server, want := range map[string]rtmpout.URLReason{
		"": rtmpout.URLEmpty, "h/app": rtmpout.URLNoScheme, "http://h/app/k": rtmpout.URLBadScheme, "rtmp:///app/k": rtmpout.URLBadHost,
		"rtmp://h:0/app/k": rtmpout.URLBadPort, "rtmp://h:99999/app/k": rtmpout.URLBadPort, "rtmp://h:x/app/k": rtmpout.URLBadPort,
		"rtmp://::1/app/k": rtmpout.URLBadHost, "rtmp://[::1/app/k": rtmpout.URLBadHost, "rtmp://[h]/app/k": rtmpout.URLBadHost,
		"rtmp://h/a b/k": rtmpout.URLBadCharacter, "rtmp://h/app": rtmpout.URLNoKey, "rtmp://h": rtmpout.URLNoKey, "rtmp://h/": rtmpout.URLNoKey,
		"rtmp://h/" + strings.Repeat("x", 9000): rtmpout.URLTooLong,
	} {
		_, err := rtmpout.ParseTarget(server, "")
		if e, ok := errors.AsType[*rtmpout.URLError](err); !ok || e.Reason != want {
			t.Errorf("%.40q: %v, want %q", server, err, want)
		}
	}
}

// N3: the key is sent byte for byte, also a long one.
func TestN3KeyByteExact(t *testing.T) {
	for _, key := range []string{"live_1?token=..&x=%2F", "k?priority=1", "?streamname=live_1&key=2", strings.Repeat("ab+/=", 400)} {
		list := firstCommands(t, "rtmp://h/app", key, avOptions())
		for _, cmd := range list[1:] {
			if cmd.Name != "createStream" && cmd.Arg(1) != key {
				t.Errorf("%s with %q", cmd.Name, cmd.Arg(1))
			}
		}
	}
	_, err := rtmpout.ParseTarget("rtmp://h/app", "k\x00")
	if e, ok := errors.AsType[*rtmpout.URLError](err); !ok || e.Reason != rtmpout.URLBadKey {
		t.Error(err)
	}
}

// N4: the default ports, as the dialer gets them.
func TestN4DefaultPorts(t *testing.T) {
	for server, want := range map[string]string{
		"rtmp://example.com/app": "example.com:1935", "rtmps://example.com/app": "example.com:443",
		"rtmp://[::1]/app": "[::1]:1935",
	} {
		o := avOptions()
		asked := ""
		o.DialContext = func(_ context.Context, _, address string) (net.Conn, error) {
			asked = address
			return nil, errors.New("no network")
		}
		rtmpout.Dial(t.Context(), target(t, server, "k"), o)
		if asked != want {
			t.Errorf("%s: %s", server, asked)
		}
	}
}
