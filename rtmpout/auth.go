package rtmpout

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"
)

// authenticator answers the two ways in which RTMP servers ask for a password:
// Adobe's and Limelight's (llnw). Both work by connecting up to three times: the
// server refuses and says in the description what it wants, the next attempt has
// the answer in the query of the application. There is no specification; this is
// what FMLE's add-in and Limelight's servers do.
type authenticator struct {
	user, password string
	args           string // the query for the next attempt, without "?"
	tries          int
	nonce          string // tests; random otherwise
}

func newAuthenticator(t Target) *authenticator {
	a := new(authenticator)
	a.user, a.password = t.credentials()
	return a
}

// query is what is appended to the application's name.
func (a *authenticator) query(app string) string {
	switch {
	case a == nil || a.args == "":
		return ""
	case strings.Contains(app, "?"):
		return "&" + a.args
	}
	return "?" + a.args
}

// asksForPassword tells whether a description is an authentication request.
func asksForPassword(description string) bool {
	return strings.Contains(description, "authmod=adobe") || strings.Contains(description, "authmod=llnw")
}

// next prepares the next attempt from the server's description, or returns an
// *AuthError.
func (a *authenticator) next(description, app string) error {
	if a.user == "" {
		return &AuthError{AuthNeeded}
	}
	mode := ""
	switch {
	case strings.Contains(description, "authmod=adobe"):
		mode = "adobe"
	case strings.Contains(description, "authmod=llnw"):
		mode = "llnw"
	default:
		return &AuthError{AuthUnsupported}
	}
	a.tries++
	switch {
	case a.tries > 2, strings.Contains(description, "reason=authfailed"), strings.Contains(description, "reason=nosuchuser"):
		return &AuthError{AuthFailed}
	case !strings.Contains(description, "reason=needauth"):
		a.args = "authmod=" + mode + "&user=" + url.QueryEscape(a.user)
		return nil
	}
	challenge := descriptionArgs(description)
	if mode == "adobe" {
		a.args = a.adobe(challenge)
	} else {
		a.args = a.llnw(challenge, app)
	}
	return nil
}

// descriptionArgs reads "…?reason=needauth&user=u&salt=s&challenge=c". Values are
// taken as they are: base64 is not escaped in them.
func descriptionArgs(description string) map[string]string {
	_, list, _ := strings.Cut(description, "?")
	args := make(map[string]string)
	for pair := range strings.SplitSeq(list, "&") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if i := strings.IndexAny(value, " ]"); i >= 0 {
			value = value[:i]
		}
		args[name] = value
	}
	return args
}

func (a *authenticator) random() string {
	if a.nonce != "" {
		return a.nonce
	}
	var b [4]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// adobe: b64(md5(b64(md5(user+salt+password)) + (opaque or challenge) + ours)).
func (a *authenticator) adobe(c map[string]string) string {
	sum := func(parts ...string) string {
		h := md5.Sum([]byte(strings.Join(parts, "")))
		return base64.StdEncoding.EncodeToString(h[:])
	}
	ours := a.random()
	theirs := c["opaque"]
	if theirs == "" {
		theirs = c["challenge"]
	}
	response := sum(sum(a.user, c["salt"], a.password), theirs, ours)
	args := "authmod=adobe&user=" + url.QueryEscape(a.user) + "&challenge=" + ours + "&response=" + response
	if c["opaque"] != "" {
		args += "&opaque=" + c["opaque"]
	}
	return args
}

// llnw is HTTP's digest (RFC 2617, qop auth) with realm "live", method "publish"
// and the application as the URI.
func (a *authenticator) llnw(c map[string]string, app string) string {
	sum := func(parts ...string) string {
		h := md5.Sum([]byte(strings.Join(parts, ":")))
		return hex.EncodeToString(h[:])
	}
	const count = 1
	nc := "0000000" + strconv.Itoa(count)
	ours := a.random()
	app, _, _ = strings.Cut(app, "?")
	uri := "/" + app
	if !strings.Contains(app, "/") {
		uri += "/_definst_"
	}
	response := sum(sum(a.user, "live", a.password), c["nonce"], nc, ours, "auth", sum("publish", uri))
	return "authmod=llnw&user=" + url.QueryEscape(a.user) + "&nonce=" + c["nonce"] + "&cnonce=" + ours +
		"&nc=" + nc + "&response=" + response
}
