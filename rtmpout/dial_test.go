package rtmpout_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// Plain failures on the way have their own types.
func TestDialFailures(t *testing.T) {
	_, err := rtmpout.Dial(within(t, 5*time.Second), target(t, fmt.Sprintf("rtmp://127.0.0.1:%d/app", freePort(t)), "k"), avOptions())
	if e, ok := errors.AsType[*rtmpout.Error](err); !ok || e.Step != rtmpout.StepTCP || !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("refused: %v", err)
	}
	_, err = rtmpout.Dial(within(t, 8*time.Second), target(t, "rtmp://no-such-host.invalid/app", "k"), avOptions())
	if e, ok := errors.AsType[*rtmpout.Error](err); !ok || e.Step != rtmpout.StepDNS {
		t.Errorf("no host: %v", err)
	}
	if _, ok := errors.AsType[*net.DNSError](err); !ok {
		t.Errorf("no host: %T %v", err, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	srv := scripted(t, func(c *rtmptest.Conn) error { cancel(); drain(c); return nil })
	began := time.Now()
	_, err = rtmpout.Dial(ctx, target(t, srv.URL("app"), "k"), avOptions())
	if took := time.Since(began); !errors.Is(err, context.Canceled) || took > time.Second {
		t.Errorf("cancelled: %v after %v", err, took)
	}
	if _, err := rtmpout.Dial(t.Context(), rtmpout.Target{}, avOptions()); err == nil {
		t.Error("no target, no error")
	}
}

// Probe stops before anything is published and tells how long each step took.
func TestProbe(t *testing.T) {
	srv := scripted(t, func(c *rtmptest.Conn) error {
		cmd, err := upTo(c, "connect")
		if err != nil {
			return err
		}
		c.AcceptConnect(cmd)
		return expectEOF(c)
	})
	server, err := rtmpout.ParseServer(srv.URL("app"))
	must(t, err)
	report, err := rtmpout.Probe(within(t, 5*time.Second), server, avOptions())
	must(t, err)
	steps := ""
	for _, s := range report.Steps {
		steps += string(s.Step) + " "
		if s.Took < 0 || s.Took > time.Second {
			t.Errorf("%v", s)
		}
	}
	if steps != "dns tcp handshake connect " || report.ServerVersion != "FMS/3,0,1,123" {
		t.Errorf("%+v", report)
	}
}
