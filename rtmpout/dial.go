package rtmpout

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"time"
)

// dialTCP looks the host up and connects to the first of its addresses that
// answers. found is called between the two steps.
func dialTCP(ctx context.Context, t Target, opts *Options, found func()) (net.Conn, error) {
	// ctx ends at ConnectTimeout; this leaves some of it for TLS and the handshake.
	ctx, cancel := context.WithTimeout(ctx, max(5*time.Second, opts.ConnectTimeout/2))
	defer cancel()
	if opts.DialContext != nil {
		found()
		return opts.DialContext(ctx, "tcp", t.Host())
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, t.Hostname())
	if err != nil {
		return nil, err
	}
	found()
	return happyEyeballs(ctx, alternate(addresses), t.Port())
}

// alternate orders addresses so that the two families take turns, beginning with
// the one the resolver put first (RFC 8305 section 4).
func alternate(addresses []string) []string {
	var first, second []string
	for _, a := range addresses {
		if isIPv6(a) == isIPv6(addresses[0]) {
			first = append(first, a)
		} else {
			second = append(second, a)
		}
	}
	order := make([]string, 0, len(addresses))
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			order = append(order, first[i])
		}
		if i < len(second) {
			order = append(order, second[i])
		}
	}
	return order[:min(len(order), 6)]
}

func isIPv6(address string) bool {
	for i := range len(address) {
		if address[i] == ':' {
			return true
		}
	}
	return false
}

// attemptDelay is how long an address has before the next one is tried as well
// (RFC 8305 section 5).
const attemptDelay = 250 * time.Millisecond

func happyEyeballs(ctx context.Context, addresses []string, port string) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		conn net.Conn
		err  error
	}
	results := make(chan result)
	attempt := func(address string) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(address, port))
		select {
		case results <- result{conn, err}:
		case <-ctx.Done():
			if conn != nil {
				conn.Close()
			}
		}
	}
	var firstErr error
	next := time.NewTimer(0)
	defer next.Stop()
	running := 0
	for {
		select {
		case <-next.C:
			if len(addresses) > 0 {
				go attempt(addresses[0])
				addresses = addresses[1:]
				running++
				next.Reset(attemptDelay)
			}
		case r := <-results:
			if r.err == nil {
				return r.conn, nil
			}
			if firstErr == nil {
				firstErr = r.err
			}
			if running--; len(addresses) > 0 {
				next.Reset(0)
			} else if running == 0 {
				return nil, plainOpError(firstErr)
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// plainOpError takes "dial tcp 192.0.2.1:1935" off an error: Error says where.
func plainOpError(err error) error {
	var op *net.OpError
	if errors.As(err, &op) && !op.Timeout() {
		return op.Err
	}
	return err
}

// startTLS encrypts the connection. The certificate is always verified against the
// host of the target; a name is sent as SNI, an address is not (RFC 6066).
func startTLS(ctx context.Context, conn net.Conn, t Target, opts *Options) (net.Conn, error) {
	config := &tls.Config{
		ServerName: t.Hostname(),
		MinVersion: tls.VersionTLS12,
		// Records are full from the start: we always have more to send.
		DynamicRecordSizingDisabled: true,
	}
	if len(opts.Authorities) > 0 {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		for _, cert := range opts.Authorities {
			pool.AddCert(cert)
		}
		config.RootCAs = pool
	}
	c := tls.Client(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, tlsCause(err)
	}
	return c, nil
}
