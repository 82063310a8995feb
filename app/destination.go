package app

import (
	neturl "net/url"
	"strings"

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
