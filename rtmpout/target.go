package rtmpout

import (
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Target is where to publish: a server, the application on it and the stream key.
// Whatever verb prints it, the key and the password never show. The zero value is
// no target.
type Target struct {
	secure bool
	host   string // without brackets
	port   string // "" is the scheme's
	app    string
	secret *secret // a pointer, so that %+v of a struct around it shows an address
}

type secret struct{ key, user, password string }

// Longest parts of a URL that are taken. Services have keys of 1 to 2 KiB at most.
const (
	maxURLLength = 8192
	maxKeyLength = 4096
)

// ParseTarget takes what a service gives its users: a server URL and a stream key.
// With an empty key, the last path part of the URL (with its query) is the key:
//
//	rtmp://live.example.com/app        and  key?token=1
//	rtmps://live.example.com/app/key?token=1
//
// The key is sent byte for byte as it is, only white space around it is removed.
// A query on the server URL belongs to the application ("live2?backup=1"). The
// application may be empty, if the key is given apart, or have many parts. User
// and password in the URL are for servers that ask for Adobe's or Limelight's
// authentication. The error is a [*URLError].
func ParseTarget(server, key string) (Target, error) {
	t, err := ParseServer(server)
	if err != nil {
		return Target{}, err
	}
	if key = strings.TrimSpace(key); key == "" {
		app, last, ok := splitKey(t.app)
		if !ok {
			return Target{}, &URLError{URLNoKey}
		}
		t.app, key = app, last
	}
	if len(key) > maxKeyLength {
		return Target{}, &URLError{URLTooLong}
	}
	if hasControl(key) {
		return Target{}, &URLError{URLBadKey}
	}
	s := *t.secret
	s.key = key
	t.secret = &s
	return t, nil
}

// ParseServer takes a server URL without a key. The result serves [Probe]; Dial
// refuses it.
func ParseServer(server string) (Target, error) {
	server = strings.TrimSpace(server)
	switch {
	case server == "":
		return Target{}, &URLError{URLEmpty}
	case len(server) > maxURLLength:
		return Target{}, &URLError{URLTooLong}
	case hasControl(server) || strings.ContainsAny(server, " \t"):
		return Target{}, &URLError{URLBadCharacter}
	}
	scheme, rest, ok := strings.Cut(server, "://")
	if !ok {
		return Target{}, &URLError{URLNoScheme}
	}
	t := Target{secret: new(secret)}
	switch strings.ToLower(scheme) {
	case "rtmp":
	case "rtmps":
		t.secure = true
	case "rtmpe", "rtmpte", "rtmpt", "rtmpts", "rtmfp":
		return Target{}, &URLError{URLUnsupported}
	default:
		return Target{}, &URLError{URLBadScheme}
	}
	authority, path := rest, ""
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	if err := t.parseAuthority(authority); err != nil {
		return Target{}, err
	}
	t.app = trimSlashes(path)
	return t, nil
}

// trimSlashes removes the slashes around the path, but leaves those of a query.
func trimSlashes(path string) string {
	path, query, has := strings.Cut(path, "?")
	path = strings.Trim(path, "/")
	if has {
		return path + "?" + query
	}
	return path
}

func (t *Target) parseAuthority(s string) error {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		user, password, _ := strings.Cut(s[:i], ":")
		var err1, err2 error
		t.secret.user, err1 = url.PathUnescape(user)
		t.secret.password, err2 = url.PathUnescape(password)
		if err1 != nil || err2 != nil {
			return &URLError{URLBadCharacter}
		}
		s = s[i+1:]
	}
	host, port := s, ""
	if strings.HasPrefix(s, "[") {
		end := strings.IndexByte(s, ']')
		if end < 0 {
			return &URLError{URLBadHost}
		}
		host = s[1:end]
		host = strings.Replace(host, "%25", "%", 1) // the zone of a link-local address, RFC 6874
		if ip := net.ParseIP(strings.SplitN(host, "%", 2)[0]); ip == nil || !strings.Contains(host, ":") {
			return &URLError{URLBadHost}
		}
		switch after := s[end+1:]; {
		case after == "":
		case after[0] == ':':
			port = after[1:]
		default:
			return &URLError{URLBadHost}
		}
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, port = s[:i], s[i+1:]
		if strings.Contains(port, ":") {
			return &URLError{URLBadHost} // an IPv6 address needs brackets
		}
	}
	if host == "" || strings.ContainsAny(host, `/\#<>"'`) {
		return &URLError{URLBadHost}
	}
	if n, err := strconv.Atoi(port); port != "" && (err != nil || n < 1 || n > 65535) {
		return &URLError{URLBadPort}
	}
	t.host, t.port = host, port
	if port == t.defaultPort() {
		t.port = ""
	}
	return nil
}

// splitKey takes the key off the end of a path. A slash in the query counts only
// when the path itself has one part ("live2?backup=1/key").
func splitKey(path string) (app, key string, ok bool) {
	before, _, _ := strings.Cut(path, "?")
	i := strings.LastIndexByte(before, '/')
	if i < 0 {
		i = strings.LastIndexByte(path, '/')
	}
	if i < 0 || i == len(path)-1 {
		return "", "", false
	}
	return path[:i], path[i+1:], true
}

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

func (t Target) defaultPort() string {
	if t.secure {
		return "443"
	}
	return "1935"
}

// IsZero tells whether t is no target.
func (t Target) IsZero() bool { return t.host == "" }

// Secure tells whether the connection is encrypted (rtmps).
func (t Target) Secure() bool { return t.secure }

// Hostname is the name or address of the server, without brackets.
func (t Target) Hostname() string { return t.host }

// Port is the port number, 1935 or 443 unless the URL has one.
func (t Target) Port() string {
	if t.port == "" {
		return t.defaultPort()
	}
	return t.port
}

// Host is host:port as for [net.Dial].
func (t Target) Host() string { return net.JoinHostPort(t.host, t.Port()) }

// App is the application name with its query. It may be empty.
func (t Target) App() string { return t.app }

// HasKey tells whether t can be published to.
func (t Target) HasKey() bool { return t.secret != nil && t.secret.key != "" }

// ServerURL is the URL without key, user and password: RTMP's tcUrl. The port is
// left out when it is the scheme's own.
func (t Target) ServerURL() string { return t.serverURL(t.app) }

func (t Target) serverURL(app string) string {
	if t.IsZero() {
		return ""
	}
	var b strings.Builder
	b.WriteString("rtmp")
	if t.secure {
		b.WriteByte('s')
	}
	b.WriteString("://")
	if strings.Contains(t.host, ":") {
		b.WriteString("[" + strings.Replace(t.host, "%", "%25", 1) + "]")
	} else {
		b.WriteString(t.host)
	}
	if t.port != "" {
		b.WriteString(":" + t.port)
	}
	b.WriteString("/" + app)
	return b.String()
}

// String is the URL with the key replaced by dots.
func (t Target) String() string {
	if !t.HasKey() {
		return t.ServerURL()
	}
	return strings.TrimSuffix(t.ServerURL(), "/") + "/•••"
}

// Format prints String for every verb, so that the key cannot leak through %#v.
func (t Target) Format(f fmt.State, _ rune) { io.WriteString(f, t.String()) }

// MarshalText is String, for encoding/json and log/slog.
func (t Target) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func (t Target) key() string {
	if t.secret == nil {
		return ""
	}
	return t.secret.key
}

func (t Target) credentials() (user, password string) {
	if t.secret == nil {
		return "", ""
	}
	return t.secret.user, t.secret.password
}
