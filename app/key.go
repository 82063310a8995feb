package app

import (
	"fmt"
	"log/slog"
)

// Key is a stream key. However it is printed, logged or encoded, it shows as
// •••; only [Key.Reveal] gives it away.
type Key struct{ secret string }

// NewKey wraps a key.
func NewKey(secret string) Key { return Key{secret} }

// Reveal is the key itself. The publisher and the keyring need it; nothing else
// does.
func (k Key) Reveal() string { return k.secret }

// Empty tells whether there is no key.
func (k Key) Empty() bool { return k.secret == "" }

const redacted = "•••"

// Format writes ••• for every verb, those that look inside a struct included.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

func (k Key) String() string               { return redacted }
func (k Key) LogValue() slog.Value         { return slog.StringValue(redacted) }
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }
