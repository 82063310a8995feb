package rtmpout

// Reveal gives the stream key away, and the user and password of the URL. A
// program that keeps them apart from the URL, in a keyring, needs it; nothing in
// this package prints them.
func (t Target) Reveal() (key, user, password string) {
	user, password = t.credentials()
	return t.key(), user, password
}
