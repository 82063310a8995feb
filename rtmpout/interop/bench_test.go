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
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// TestMain is also the server of the benchmarks, as a process of its own: neither its
// time nor its allocations are the publisher's.
func TestMain(m *testing.M) {
	if os.Getenv("INTEROP_SINK") == "" {
		status := m.Run()
		if built != "" {
			os.RemoveAll(built)
		}
		os.Exit(status)
	}
	if err := serveSink(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// serveSink accepts publications and throws their bytes away without looking at them,
// until its input ends. It tells two addresses, the second with TLS, and a certificate.
func serveSink() error {
	config, der, err := certificate()
	if err != nil {
		return err
	}
	for _, c := range []*tls.Config{nil, config} {
		srv, err := rtmptest.Listen(rtmptest.Config{TLS: c, Script: func(c *rtmptest.Conn) {
			if _, err := c.Accept(); err == nil {
				io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{c}, make([]byte, 256<<10))
			}
		}})
		if err != nil {
			return err
		}
		defer srv.Close()
		fmt.Println(srv.URL("app"))
	}
	fmt.Printf("%x\n", der)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// sink starts serveSink.
func sink(b *testing.B) (plain, secure string, cert *x509.Certificate) {
	b.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "INTEROP_SINK=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	var der []byte
	if _, err := fmt.Fscanf(out, "%s\n%s\n%x\n", &plain, &secure, &der); err != nil {
		b.Fatal(err)
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		b.Fatal(err)
	}
	return plain, secure, cert
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

func certificate() (config *tls.Config, der []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if der, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key); err != nil {
		return nil, nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, der, nil
}

// tokens bounds how many packets are under way, as a pool of buffers would.
type tokens chan struct{}

func (t tokens) Release() { t <- struct{}{} }

func benchTally(b *testing.B, server string, cert *x509.Certificate, size int, mute bool) {
	target, err := rtmpout.ParseTarget(server, "key")
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

func benchGortmplib(b *testing.B, server string, cert *x509.Certificate, size int, mute bool) {
	u, _ := url.Parse(server + "/key")
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
		if err := client.Write(&message.Video{
			ChunkStreamID: message.VideoChunkStreamID, DTS: dts, MessageStreamID: 1, Codec: message.CodecH264,
			IsKeyFrame: true, Type: message.VideoTypeAU, AU: data,
		}); err != nil {
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

// benchFloor is the same bytes, in chunks as benchTally's, by bare writev calls of as
// many messages as rtmpout batches at most: what the kernel takes for itself.
func benchFloor(b *testing.B, server string, size int) {
	u, err := url.Parse(server)
	if err != nil {
		b.Fatal(err)
	}
	// A publisher opens the stream; then its connection is written to directly.
	target, err := rtmpout.ParseTarget(server, "key")
	if err != nil {
		b.Fatal(err)
	}
	var conn net.Conn
	p, err := rtmpout.Dial(b.Context(), target, rtmpout.Options{
		Video: &rtmpout.VideoTrack{Config: []byte{1}}, ChunkSize: 65536,
		DialContext: func(ctx context.Context, network, _ string) (_ net.Conn, err error) {
			conn, err = new(net.Dialer).DialContext(ctx, network, u.Host)
			return conn, err
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { p.Abort(); <-p.Done() }()
	var slices, left net.Buffers
	header := make([]byte, 12)
	data := make([]byte, size)
	batch := max(1, 256<<10/size)
	for range batch {
		for n := size; n > 0; n -= 65536 {
			slices = append(slices, header, data[:min(n, 65536)])
		}
	}
	write := func() {
		left = append(left[:0], slices...)
		rest := left
		if _, err := rest.WriteTo(conn); err != nil {
			b.Fatal(err)
		}
	}
	for range 128 {
		write()
	}
	b.SetBytes(int64(size))
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += batch {
		write()
	}
}

// BenchmarkMessage is the cost of one video message: "made" without a network,
// "plain" and "tls" over loopback to a server that throws it away, in a process of its
// own.
func BenchmarkMessage(b *testing.B) {
	plain, secure, cert := sink(b)
	for _, size := range []int{10_000, 100_000} {
		for _, way := range []struct {
			name   string
			server string
			cert   *x509.Certificate
			mute   bool
		}{{"made", plain, nil, true}, {"plain", plain, nil, false}, {"tls", secure, cert, false}} {
			name := fmt.Sprintf("%s/%dkB/", way.name, size/1000)
			b.Run(name+"rtmpout", func(b *testing.B) { benchTally(b, way.server, way.cert, size, way.mute) })
			if way.name == "plain" {
				b.Run(name+"writev", func(b *testing.B) { benchFloor(b, way.server, size) })
			}
			b.Run(name+"gortmplib", func(b *testing.B) { benchGortmplib(b, way.server, way.cert, size, way.mute) })
		}
	}
}
