package app

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	neturl "net/url"
	"os"
	"strings"

	"tally/app/words"
	"tally/rtmpout"
)

// SplitDestination takes what a user pastes, a server URL with or without the
// key in it and perhaps the key apart, and returns the URL as it may be shown
// and saved, and the secret that belongs in the keyring. The problem tells what
// is wrong, if anything is.
func SplitDestination(server, key string) (url string, k Key, p Problem) {
	t, err := rtmpout.ParseTarget(server, key)
	if err != nil {
		return strings.TrimSpace(server), NewKey(strings.TrimSpace(key)), Explain(err)
	}
	secret, user, password := t.Reveal()
	if user != "" || password != "" {
		// The password is as secret as the key: both go into the keyring, as
		// the URL that [target] reads again.
		full := strings.Replace(t.ServerURL(), "://", "://"+neturl.UserPassword(user, password).String()+"@", 1)
		secret = full + "\n" + secret
	}
	return t.ServerURL(), NewKey(secret), Problem{}
}

// ParseDestination is [SplitDestination], for the window.
func (s *Studio) ParseDestination(server, key string) (url string, k Key, p Problem) {
	return SplitDestination(server, key)
}

// target puts a destination and its secret together again.
func target(d Destination, k Key) (rtmpout.Target, error) {
	if server, key, both := strings.Cut(k.Reveal(), "\n"); both {
		if t, err := rtmpout.ParseServer(server); err == nil && d.URL == t.ServerURL() {
			return rtmpout.ParseTarget(server, key)
		}
	}
	return rtmpout.ParseTarget(d.URL, k.Reveal())
}

// AuthorityError is a file of certificate authorities that cannot be used.
type AuthorityError struct {
	Path string
	Err  error // fs.ErrNotExist, another error of reading, or errNoCertificate
}

func (e *AuthorityError) Error() string {
	return fmt.Sprintf("app: read certificate authorities from %s: %v", e.Path, e.Err)
}

func (e *AuthorityError) Unwrap() error { return e.Err }

var errNoCertificate = errors.New("there is no certificate in PEM form in it")

// ReadAuthorities reads the certificates of a PEM file, of which a server's has to
// be signed by one, or be one, unless this computer trusts it anyway. Without a path
// there are none. The error is an [*AuthorityError].
func ReadAuthorities(path string) ([]*x509.Certificate, error) {
	if path == "" {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		err = errors.New("it is not a file")
	}
	var data []byte
	if err == nil {
		data, err = readBounded(path)
	}
	if err != nil {
		return nil, &AuthorityError{path, err}
	}
	var list []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue // often a private key, which is nobody's business
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &AuthorityError{path, fmt.Errorf("certificate %d: %w", len(list)+1, err)}
		}
		list = append(list, c)
	}
	if len(list) == 0 {
		return nil, &AuthorityError{path, errNoCertificate}
	}
	return list, nil
}

func explainAuthority(err error) (Problem, bool) {
	bad, ok := errors.AsType[*AuthorityError](err)
	if !ok {
		return Problem{}, false
	}
	p := Problem{
		Title:  words.Say("The certificate authority's file %s cannot be read.", bad.Path),
		Advice: "Choose the file once more, or leave it out if your server's certificate is one that everybody trusts.",
	}
	switch {
	case errors.Is(bad.Err, fs.ErrNotExist):
		p.Title = words.Say("There is no file %s with a certificate authority.", bad.Path)
	case errors.Is(bad.Err, errNoCertificate):
		p.Title = words.Say("The file %s has no certificate in it.", bad.Path)
		p.Advice = "Choose the PEM file of your certificate authority; it begins with -----BEGIN CERTIFICATE-----."
	}
	return p, true
}
