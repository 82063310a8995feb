package rtmpout

import (
	"context"
	"net"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// hangs is an address of this machine at which connecting never ends: its queue is
// full, and nobody takes anything from it.
func hangs(t *testing.T, port int) string {
	t.Helper()
	address := [4]byte{127, 0, 0, 2}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: address}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		c, err := net.DialTimeout("tcp", "127.0.0.2:"+strconv.Itoa(port), 100*time.Millisecond)
		if err != nil {
			return "127.0.0.2"
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the queue is never full")
	return ""
}

// An address that does not answer holds up the next one for a quarter of a second,
// one that refuses not at all.
func TestHappyEyeballs(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	for _, c := range []struct {
		first       string
		least, most time.Duration
	}{
		{hangs(t, port), attemptDelay, 4 * attemptDelay},
		{"127.0.0.3", 0, attemptDelay / 2},
	} {
		began := time.Now()
		conn, err := happyEyeballs(t.Context(), []string{c.first, "127.0.0.1"}, strconv.Itoa(port))
		took := time.Since(began)
		if err != nil {
			t.Fatalf("%s first: %v", c.first, err)
		}
		if got := conn.RemoteAddr().(*net.TCPAddr).IP.String(); got != "127.0.0.1" || took < c.least || took > c.most {
			t.Errorf("%s first: connected to %s after %v", c.first, got, took)
		}
		conn.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	if _, err := happyEyeballs(ctx, []string{"127.0.0.2"}, strconv.Itoa(port)); err == nil {
		t.Error("connected to an address that never answers")
	}
}
