package app

import (
	"testing"
	"time"
)

// What a show's books say of a sleep that the connection has outlived, that it has
// not outlived, and that came while there was none.
func TestSleepInTheBooks(t *testing.T) {
	begun := time.Now()
	at := func(s int) time.Time { return begun.Add(time.Duration(s) * time.Second) }
	slept := func(l *losses, s int, d time.Duration) { l.slept(at(s), d) }
	for _, c := range []struct {
		name string
		do   func(l *losses)
		want time.Duration
		list int
	}{
		{"outlived", func(l *losses) { slept(l, 20, time.Minute) }, time.Minute, 1},
		{"not outlived", func(l *losses) {
			slept(l, 20, time.Minute)
			l.note(at(22), Reconnecting, &sleptError{"a", errNetworkGone})
			l.note(at(24), Live, nil)
		}, 64 * time.Second, 1},
		{"lost much later", func(l *losses) {
			slept(l, 20, time.Minute)
			l.note(at(60), Reconnecting, errNetworkGone)
			l.note(at(64), Live, nil)
		}, 64 * time.Second, 2},
		{"while it was lost", func(l *losses) {
			l.note(at(10), Reconnecting, errNetworkGone)
			slept(l, 20, time.Minute)
			l.note(at(24), Live, nil)
		}, 74 * time.Second, 1},
		{"not yet live", func(l *losses) { l.live = false; slept(l, 20, time.Minute) }, 0, 0},
	} {
		l := losses{live: true}
		c.do(&l)
		if got := l.total(at(100)); got != c.want || len(l.list) != c.list {
			t.Errorf("%s: %v in %+v", c.name, got, l.list)
		}
	}
	l := losses{live: true}
	slept(&l, 20, time.Minute)
	if got := since(at(-60), l.list)[0]; got.At != Seconds(20*time.Second) || got.Cause.String() != "This computer slept for 60 s." {
		t.Errorf("%+v", got)
	}
}

// The account of a show counts the time asleep, as off air.
func TestSleepInTheAccount(t *testing.T) {
	s := New(Options{Settings: DefaultSettings(), Keys: MemoryKeys{}})
	now := s.clock.Now()
	s.state, s.began, s.since, s.account = Live, now, now+1, openAccount(time.Now())
	s.account.note(0, Live, "")
	s.woke(time.Hour)
	r := s.account.close(s.clock.Now()-s.began, &Snapshot{})
	if time.Duration(r.Seconds).Round(time.Minute) != time.Hour || time.Duration(r.OffAir) != time.Hour || r.OnAir > Seconds(time.Minute) {
		t.Errorf("on air %v, off air %v of %v", r.OnAir, r.OffAir, r.Seconds)
	}
	if len(r.Events) != 3 || r.Events[1].Cause.String() != "This computer slept for 60 min." || r.Events[2].State != Live {
		t.Errorf("%+v", r.Events)
	}
}
