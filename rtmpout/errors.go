package rtmpout

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// Step is a stage on the way to being live, in the order in which they happen.
type Step string

const (
	StepDNS          Step = "dns"          // looking up the host name
	StepTCP          Step = "tcp"          // connecting
	StepTLS          Step = "tls"          // encrypting (rtmps)
	StepHandshake    Step = "handshake"    // RTMP 1.0 section 5.2
	StepConnect      Step = "connect"      // asking for the application, section 7.2.1.1
	StepCreateStream Step = "createStream" // section 7.2.1.3
	StepPublish      Step = "publish"      // offering the key, section 7.2.2.6
	StepStream       Step = "stream"       // live
)

// Error is what Dial, Probe and Publisher.Err return: the step that failed, the
// server (without key) and the cause, which is one of this package's types, a
// *net.DNSError, a syscall.Errno, or an error for which Timeout is true.
type Error struct {
	Step   Step
	Server string
	Err    error
}

func (e *Error) Error() string {
	return fmt.Sprintf("rtmpout: %s: %s: %v", e.Step, e.Server, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// Timeout tells whether the step took longer than it may.
func (e *Error) Timeout() bool {
	var t interface{ Timeout() bool }
	return errors.Is(e.Err, os.ErrDeadlineExceeded) || errors.Is(e.Err, context.DeadlineExceeded) ||
		errors.As(e.Err, &t) && t.Timeout()
}

// URLReason is what is wrong with a URL.
type URLReason string

const (
	URLEmpty        URLReason = "there is no URL"
	URLNoScheme     URLReason = "the URL does not begin with rtmp:// or rtmps://"
	URLBadScheme    URLReason = "the scheme is not rtmp or rtmps"
	URLUnsupported  URLReason = "rtmpe, rtmpt and rtmfp are not supported; use rtmp or rtmps"
	URLBadHost      URLReason = "the host is missing or malformed"
	URLBadPort      URLReason = "the port is not a number from 1 to 65535"
	URLBadCharacter URLReason = "the URL has characters that cannot be in it"
	URLBadKey       URLReason = "the stream key has control characters"
	URLNoKey        URLReason = "there is no stream key"
	URLTooLong      URLReason = "the URL or key is too long"
)

// URLError is a server URL or key that cannot be used. It never holds the URL, as
// that may contain the key.
type URLError struct{ Reason URLReason }

func (e *URLError) Error() string { return "rtmpout: url: " + string(e.Reason) }

// RejectedError is a server's refusal in its own words.
type RejectedError struct {
	Code        string // e.g. "NetStream.Publish.BadName"; "" when the server gave none
	Description string // at most 512 bytes, without control characters and secrets
}

func (e *RejectedError) Error() string {
	switch {
	case e.Code == "" && e.Description == "":
		return "refused without a reason"
	case e.Description == "":
		return "refused: " + e.Code
	case e.Code == "":
		return "refused: " + e.Description
	}
	return "refused: " + e.Code + ": " + e.Description
}

// AuthReason is why authentication failed.
type AuthReason string

const (
	AuthNeeded      AuthReason = "the server asks for user and password"
	AuthFailed      AuthReason = "user or password is wrong"
	AuthUnsupported AuthReason = "the server asks for an unknown kind of authentication"
)

// AuthError is a failed Adobe or Limelight authentication.
type AuthError struct{ Reason AuthReason }

func (e *AuthError) Error() string { return string(e.Reason) }

// ClosedError says that the server ended the connection.
type ClosedError struct {
	Reset bool   // by a TCP reset instead of an orderly end
	Code  string // the last status code that announced it; "" when there was none
}

func (e *ClosedError) Error() string {
	switch {
	case e.Code != "":
		return "closed by the server: " + e.Code
	case e.Reset:
		return "connection reset by the server"
	}
	return "closed by the server"
}

// StalledError says that the server, or the way to it, takes no bytes any more, or
// hardly any.
type StalledError struct {
	For    time.Duration // since it last kept up
	Queued int           // bytes that waited
}

func (e *StalledError) Error() string {
	return fmt.Sprintf("nothing could be sent for %v, %d bytes wait", e.For.Round(100*time.Millisecond), e.Queued)
}

// TLSReason is why an encrypted connection could not be made.
type TLSReason string

const (
	TLSWrongName        TLSReason = "the certificate is for another name"
	TLSExpired          TLSReason = "the certificate has expired or is not valid yet"
	TLSUnknownAuthority TLSReason = "the certificate is signed by an unknown authority"
	TLSPlainPort        TLSReason = "the port is not encrypted"
	TLSNoAnswer         TLSReason = "the server does not answer; the port may not be encrypted"
	TLSOther            TLSReason = "the TLS handshake failed"
)

// TLSError is a failed TLS handshake. Err has the details.
type TLSError struct {
	Reason TLSReason
	Err    error
}

func (e *TLSError) Error() string {
	if e.Reason == TLSOther && e.Err != nil {
		return fmt.Sprintf("%s: %v", e.Reason, e.Err)
	}
	return string(e.Reason)
}

func (e *TLSError) Unwrap() error { return e.Err }

// Peer is what was found on the port instead of an RTMP server.
type Peer string

const (
	PeerHTTP    Peer = "a web server"
	PeerTLS     Peer = "an encrypted service, try rtmps"
	PeerUnknown Peer = "something else"
)

// NotRTMPError says that something answered, but not an RTMP server.
type NotRTMPError struct{ Found Peer }

func (e *NotRTMPError) Error() string { return "not an RTMP server, but " + string(e.Found) }

// ProtocolError is a server that breaks RTMP in a way that cannot be lived with.
type ProtocolError struct{ Err error }

func (e *ProtocolError) Error() string { return "protocol error: " + e.Err.Error() }
func (e *ProtocolError) Unwrap() error { return e.Err }

// RedirectError is a redirect that is not followed.
type RedirectError struct{ Reason string }

func (e *RedirectError) Error() string { return "redirect: " + e.Reason }

// TooLargeError is a packet that does not fit RTMP's 24-bit length.
type TooLargeError struct{ Size int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("rtmpout: packet of %d bytes, RTMP allows 16777215", e.Size)
}

// Errors of the methods of Publisher.
var (
	ErrClosed   = errors.New("rtmpout: publisher is closed")
	ErrAborted  = errors.New("rtmpout: publisher was aborted")
	ErrNoTrack  = errors.New("rtmpout: no such track")
	ErrNoConfig = errors.New("rtmpout: the track has no configuration yet")
	ErrEmpty    = errors.New("rtmpout: packet is empty")
)

// sanitize makes a server's text fit to show: bounded, printable, without secrets.
func (t Target) sanitize(s string) string {
	if len(s) > 4096 {
		s = s[:4096]
	}
	if t.secret != nil {
		for _, hide := range []string{t.secret.key, keyName(t.secret.key), t.secret.password} {
			if len(hide) > 3 {
				s = strings.ReplaceAll(s, hide, "•••")
			}
		}
	}
	s = strings.ToValidUTF8(s, "")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x2028 && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0xfeff:
			return -1 // controls, and what could reorder the text around it
		}
		return r
	}, s)
	if len(s) > 512 {
		s = strings.ToValidUTF8(s[:512], "")
	}
	return strings.TrimSpace(s)
}

func keyName(key string) string {
	name, _, _ := strings.Cut(key, "?")
	return name
}

// tlsCause tells the ways apart in which a TLS handshake fails.
func tlsCause(err error) error {
	if isTimeout(err) {
		return &TLSError{TLSNoAnswer, err}
	}
	reason := TLSOther
	var (
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &name):
		reason = TLSWrongName
	case errors.As(err, &unknown):
		reason = TLSUnknownAuthority
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		reason = TLSExpired
	case errors.As(err, &record):
		reason = TLSPlainPort
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET):
		// A plain RTMP server takes our ClientHello for a bad C0 and hangs up.
		reason = TLSPlainPort
	}
	return &TLSError{reason, err}
}

// netCause turns what a read or write of the connection returned into one of our
// types. Time-outs stay as they are.
func netCause(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return &ClosedError{}
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNABORTED):
		return &ClosedError{Reset: true}
	}
	return err
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}
