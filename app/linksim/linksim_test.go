package linksim

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// connect is a connection to a server that reads everything, and tells the
// arrival of the last byte of each megabyte.
func connect(t *testing.T, n *Net, read func(net.Conn)) net.Conn {
	t.Helper()
	l := n.Listen("server:1935")
	go func() {
		c, err := l.Accept()
		if err == nil {
			read(c)
		}
	}()
	c, err := n.DialContext(t.Context(), "tcp", "server:1935")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRateAndDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		defer n.Close()
		n.Set(func(w *Weather) { w.Up = 2_000_000; w.Delay = 40 * time.Millisecond })
		done := make(chan time.Duration)
		begin := time.Now()
		c := connect(t, n, func(c net.Conn) {
			got, _ := io.Copy(io.Discard, c)
			if got != 1_000_000 {
				t.Errorf("%d bytes came", got)
			}
			c.Close()
			done <- time.Since(begin)
		})
		if took := time.Since(begin); took != 80*time.Millisecond {
			t.Errorf("connecting took %v", took)
		}
		c.Write(make([]byte, 1_000_000))
		if waits := c.(*Conn).Unsent(); waits < 64<<10 || waits > 64<<10+25_000 {
			t.Errorf("%d bytes wait behind a buffer of 64 KiB", waits)
		}
		c.(*Conn).CloseWrite()
		if took := <-done; took < 4*time.Second || took > 4200*time.Millisecond {
			t.Errorf("1 MB at 2 Mbit/s took %v", took)
		}
		c.Close()
	})
}

func TestAnOutageEndsAtTheNextAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		defer n.Close()
		arrived := make(chan time.Time, 1)
		c := connect(t, n, func(c net.Conn) {
			b := make([]byte, 1)
			c.Read(b)
			arrived <- time.Now()
		})
		n.Set(func(w *Weather) { w.Up = 0 })
		begin := time.Now()
		c.Write([]byte{1})
		time.Sleep(4 * time.Second)
		n.Set(func(w *Weather) { *w = Fair })
		// Attempts after 0.2, 0.6, 1.4, 3 and 6.2 s.
		if took := (<-arrived).Sub(begin); took < 6200*time.Millisecond || took > 6300*time.Millisecond {
			t.Errorf("the byte came after %v", took)
		}
	})
}

func TestASlowReaderFillsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		defer n.Close()
		c := connect(t, n, func(net.Conn) { /* never reads */ })
		c.SetWriteDeadline(time.Now().Add(5 * time.Second))
		taken, err := c.Write(make([]byte, 1<<20))
		if !errors.Is(err, syscall.ETIMEDOUT) && !isTimeout(err) {
			t.Errorf("error %v", err)
		}
		if limit := Fair.Buffer + Fair.ReadBuffer; taken < limit || taken > limit+40_000 {
			t.Errorf("%d bytes were taken", taken)
		}
	})
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func TestRefusedSilentAndForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		defer n.Close()
		if _, err := n.DialContext(t.Context(), "tcp", "nobody:1"); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("nobody listens: %v", err)
		}
		read := make(chan error, 1)
		c := connect(t, n, func(c net.Conn) {
			_, err := c.Read(make([]byte, 1))
			read <- err
		})
		n.servers["server:1935"].Silence(true)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if _, err := n.DialContext(ctx, "tcp", "server:1935"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a machine that is off: %v", err)
		}
		n.Forget()
		c.(*Conn).SetLinger(0)
		c.Close()
		time.Sleep(time.Hour)
		select {
		case err := <-read:
			t.Errorf("the server heard of the end: %v", err)
		default:
		}
	})
}

func TestAResetIsHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(1)
		defer n.Close()
		read := make(chan error)
		c := connect(t, n, func(c net.Conn) {
			_, err := c.Read(make([]byte, 1))
			read <- err
		})
		c.(*Conn).SetLinger(0)
		c.Close()
		if err := <-read; !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
	})
}

func TestOutBetween(t *testing.T) {
	s := Script{Moments: []Moment{{10 * time.Second, Out, 0}, {12 * time.Second, Back, 0}, {20 * time.Second, Out, 0}}}
	for _, c := range []struct{ from, to, want time.Duration }{
		{0, 9, 0}, {0, 11, 1}, {11, 15, 1}, {9, 30, 12}, {13, 19, 0}, {21, 23, 2}, {25, 22, 0},
	} {
		if got := s.OutBetween(c.from*time.Second, c.to*time.Second); got != c.want*time.Second {
			t.Errorf("from %d to %d: %v, want %d s", c.from, c.to, got, c.want)
		}
	}
}
