package rtmpout_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// pki is a certificate authority of a test.
type pki struct {
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newPKI(t *testing.T) *pki {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-48 * time.Hour),
		NotAfter: time.Now().Add(48 * time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	root, err := x509.ParseCertificate(der)
	must(t, err)
	return &pki{root, key}
}

func (p *pki) server(t *testing.T, name string, validFor time.Duration) *tls.Config {
	t.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(validFor)}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	der, err := x509.CreateCertificate(rand.Reader, template, p.root, key.Public(), p.key)
	must(t, err)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

// T1: RTMPS: verified name and chain, SNI, TLS 1.2 at least, close_notify at the
// end; each failure is told apart.
func TestT1TLS(t *testing.T) {
	pki := newPKI(t)
	trusting := func(server string) rtmpout.Options {
		o := avOptions()
		o.Authorities = []*x509.Certificate{pki.root}
		o.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, server)
		}
		return o
	}
	t.Run("good", func(t *testing.T) {
		config := pki.server(t, "live.example.com", time.Hour)
		names := make(chan string, 1)
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			names <- hello.ServerName
			for _, v := range hello.SupportedVersions {
				if v < tls.VersionTLS12 {
					t.Errorf("offers TLS %#x", v)
				}
			}
			return nil, nil
		}
		got := make(chan error, 1)
		srv := listen(t, rtmptest.Config{TLS: config, Script: func(c *rtmptest.Conn) {
			pub, err := c.Accept()
			if pub.URL != "rtmps://live.example.com/app" {
				t.Errorf("tcUrl %q, %v", pub.URL, err)
			}
			for {
				m, err := c.ReadMessage()
				if err != nil {
					got <- err // io.EOF only after close_notify
					return
				}
				if cmd, _ := rtmptest.ParseCommand(m); m.Type == wire.TypeCommand && cmd.Name == "deleteStream" {
					c.WriteStatus(1, "status", "NetStream.Unpublish.Success", "")
				}
			}
		}})
		p, err := rtmpout.Dial(within(t, 5*time.Second), target(t, "rtmps://live.example.com/app", "k"), trusting(srv.Address()))
		must(t, err)
		write(t, p, frame(0, true, 200_000))
		closeNow(t, p)
		if err := <-got; err != io.EOF {
			t.Errorf("the server sees %v, want close_notify", err)
		}
		if name := <-names; name != "live.example.com" {
			t.Errorf("SNI %q", name)
		}
	})
	t.Run("address without SNI", func(t *testing.T) {
		config := pki.server(t, "127.0.0.1", time.Hour)
		config.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			if hello.ServerName != "" {
				t.Errorf("SNI %q for an address", hello.ServerName)
			}
			return nil, nil
		}
		srv, _ := receiving(t, rtmptest.Config{TLS: config})
		p, err := tryDial(t, srv, trusting(srv.Address()))
		must(t, err)
		closeNow(t, p)
	})
	for name, c := range map[string]struct {
		config *tls.Config
		trust  bool
		want   rtmpout.TLSReason
	}{
		"wrong name":        {pki.server(t, "other.example.com", time.Hour), true, rtmpout.TLSWrongName},
		"expired":           {pki.server(t, "live.example.com", -time.Hour), true, rtmpout.TLSExpired},
		"unknown authority": {pki.server(t, "live.example.com", time.Hour), false, rtmpout.TLSUnknownAuthority},
		"plain port":        {nil, true, rtmpout.TLSPlainPort},
	} {
		t.Run(name, func(t *testing.T) {
			srv := listen(t, rtmptest.Config{TLS: c.config})
			o := trusting(srv.Address())
			if !c.trust {
				o.Authorities = nil
			}
			_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, "rtmps://live.example.com/app", "thekey"), o)
			if e := causeAs[*rtmpout.TLSError](t, err, rtmpout.StepTLS); e.Reason != c.want {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	t.Run("old TLS", func(t *testing.T) {
		config := pki.server(t, "live.example.com", time.Hour)
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
		srv := listen(t, rtmptest.Config{TLS: config})
		_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, "rtmps://live.example.com/app", "k"), trusting(srv.Address()))
		causeAs[*rtmpout.TLSError](t, err, rtmpout.StepTLS)
	})
}

// T2: schemes that nobody needs any more are refused in clear words.
func TestT2Unsupported(t *testing.T) {
	for _, scheme := range []string{"rtmpe", "rtmpte", "rtmpt", "rtmpts", "rtmfp"} {
		_, err := rtmpout.ParseTarget(scheme+"://h/app", "k")
		if e, ok := errors.AsType[*rtmpout.URLError](err); !ok || e.Reason != rtmpout.URLUnsupported {
			t.Errorf("%s: %v", scheme, err)
		}
	}
}
