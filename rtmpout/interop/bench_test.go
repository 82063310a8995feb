package interop

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// sink is a server that accepts a publication and then throws bytes away without
// looking at them.
func sink(b *testing.B, config *tls.Config) *rtmptest.Server {
	b.Helper()
	srv, err := rtmptest.Listen(rtmptest.Config{TLS: config, Script: func(c *rtmptest.Conn) {
		if _, err := c.Accept(); err == nil {
			io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, 256<<10))
		}
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(srv.Close)
	return srv
}

// muted is a connection that can be told to take everything and send nothing: what
// is left is the cost of making the bytes.
type muted struct {
	net.Conn
	mute atomic.Bool
}

func (m *muted) Write(b []byte) (int, error) {
	if m.mute.Load() {
		return len(b), nil
	}
	return m.Conn.Write(b)
}

func certificate(b *testing.B) (*tls.Config, *x509.Certificate) {
	b.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		b.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		b.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, cert
}

// tokens bounds how many packets are under way, as a pool of buffers would.
type tokens chan struct{}

func (t tokens) Release() { t <- struct{}{} }

func benchTally(b *testing.B, srv *rtmptest.Server, cert *x509.Certificate, size int, mute bool) {
	target, err := rtmpout.ParseTarget(srv.URL("app"), "key")
	if err != nil {
		b.Fatal(err)
	}
	o := rtmpout.Options{Video: &rtmpout.VideoTrack{Config: []byte{1}}, QueueBytes: 64 << 20, QueueTime: time.Minute, ChunkSize: 65536}
	if cert != nil {
		o.Authorities = []*x509.Certificate{cert}
	}
	var conn *muted
	if mute {
		o.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			conn = &muted{Conn: c}
			return conn, err
		}
	}
	p, err := rtmpout.Dial(b.Context(), target, o)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { p.Abort(); <-p.Done() }()
	if mute {
		conn.mute.Store(true)
	}
	const most = 64
	free := make(tokens, most)
	for range most {
		free <- struct{}{}
	}
	data := make([]byte, size)
	pkt := rtmpout.Packet{Key: true, Data: data, Owner: free}
	write := func() {
		<-free
		pkt.DTS += 33 * time.Millisecond
		pkt.PTS = pkt.DTS
		if err := p.WriteVideo(pkt); err != nil {
			b.Fatal(err)
		}
	}
	for range 2 * most {
		write()
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		write()
	}
	for range most {
		<-free
	}
	b.StopTimer()
	if s := p.Stats(); s.Dropped > 0 {
		b.Fatalf("%d dropped", s.Dropped)
	}
}

func benchGortmplib(b *testing.B, srv *rtmptest.Server, cert *x509.Certificate, size int, mute bool) {
	u, _ := url.Parse(srv.URL("app") + "/key")
	client := &gortmplib.Client{URL: u, Publish: true}
	if cert != nil {
		pool := x509.NewCertPool()
		pool.AddCert(cert)
		client.TLSConfig = &tls.Config{RootCAs: pool}
	}
	var conn *muted
	if mute {
		client.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			conn = &muted{Conn: c}
			return conn, err
		}
	}
	if err := client.Initialize(b.Context()); err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	if mute {
		conn.mute.Store(true)
	}
	data := make([]byte, size)
	dts := time.Duration(0)
	write := func() {
		dts += 33 * time.Millisecond
		if err := client.Write(&message.Video{ChunkStreamID: message.VideoChunkStreamID, DTS: dts, MessageStreamID: 1, Codec: message.CodecH264,
			IsKeyFrame: true, Type: message.VideoTypeAU, AU: data}); err != nil {
			b.Fatal(err)
		}
	}
	for range 128 {
		write()
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		write()
	}
}

// BenchmarkMessage is the cost of one video message: "made" without a network,
// "plain" and "tls" over loopback to a server that throws it away.
func BenchmarkMessage(b *testing.B) {
	config, cert := certificate(b)
	plain, secure := sink(b, nil), sink(b, config)
	for _, size := range []int{10_000, 100_000} {
		for _, way := range []struct {
			name string
			srv  *rtmptest.Server
			cert *x509.Certificate
			mute bool
		}{{"made", plain, nil, true}, {"plain", plain, nil, false}, {"tls", secure, cert, false}} {
			b.Run(fmt.Sprintf("%s/%dkB/rtmpout", way.name, size/1000), func(b *testing.B) { benchTally(b, way.srv, way.cert, size, way.mute) })
			b.Run(fmt.Sprintf("%s/%dkB/gortmplib", way.name, size/1000), func(b *testing.B) { benchGortmplib(b, way.srv, way.cert, size, way.mute) })
		}
	}
}
