package app

import (
	"strings"
	"testing"

	"tally/app/machine"
	"tally/app/program"
)

func TestMachineProblems(t *testing.T) {
	for name, c := range map[string]struct {
		machine machine.Status
		want    string
	}{
		"all is well":           {machine.Status{Battery: true, BatteryPercent: 15}, ""},
		"nearly empty":          {machine.Status{Battery: true, BatteryPercent: 14}, "The battery is nearly empty. Plug in the charger: 14 % are left."},
		"with the time":         {machine.Status{Battery: true, BatteryPercent: 9, BatteryMinutes: 21}, "The battery is nearly empty. Plug in the charger: 9 % are left, for about 21 minutes."},
		"low, but at the mains": {machine.Status{Battery: true, BatteryPercent: 5, OnMains: true}, ""},
		"no battery":            {machine.Status{BatteryPercent: -1}, ""},
		"throttled":             {machine.Status{Throttled: true, Hot: true}, "This computer is too hot and has slowed itself down. Give it air, and close other programs. A smaller picture helps too."},
		"hot":                   {machine.Status{Hot: true}, "This computer is so hot that it may switch itself off. Give it air, and close other programs. A smaller picture helps too."},
	} {
		var got []string
		for _, p := range machineProblems(c.machine) {
			got = append(got, p.Title.String()+" "+p.Advice.String())
		}
		if s := strings.Join(got, " | "); s != c.want {
			t.Errorf("%s: %q, want %q", name, s, c.want)
		}
	}
}

func TestBusyComputer(t *testing.T) {
	var s strain
	for i := range 200 { // a picture lost each second: nobody minds
		s.watch(i/4, 100)
	}
	if s.now() {
		t.Error("a few lost pictures are told")
	}
	for i := range 20 {
		s.watch(50+2*i, 60)
	}
	if s.now() {
		t.Error("a computer that has time is blamed")
	}
	s.watch(100, 95)
	if !s.now() {
		t.Error("lost pictures on a busy computer are not told")
	}
	for range strainLooks + strainTold {
		s.watch(100, 95)
	}
	if s.now() {
		t.Error("it is still told long after")
	}
}

func TestTalkingWhileMuted(t *testing.T) {
	muted := &Snapshot{Audio: AudioStatus{Muted: true}, Sound: SourceStatus{Source: "mic:one"}}
	var s talk
	quiet, loud := program.Level{RMSDB: -60}, program.Level{RMSDB: -30}
	for range 3 {
		s.hear(loud)
	}
	for range 3 {
		s.hear(quiet)
	}
	if s.muted(muted) {
		t.Error("a cough counts as speech")
	}
	for range 6 {
		s.hear(loud)
	}
	if !s.muted(muted) {
		t.Error("speech into a muted microphone is not told")
	}
	if s.muted(&Snapshot{Sound: muted.Sound}) {
		t.Error("told although viewers hear it")
	}
	if s.muted(&Snapshot{Audio: muted.Audio, Sound: SourceStatus{Source: "file:/a.mp3"}}) {
		t.Error("a muted file counts as speech")
	}
	for range talkMost {
		s.hear(quiet)
	}
	if s.muted(muted) {
		t.Error("told although nobody speaks any more")
	}
}

func TestDelay(t *testing.T) {
	v := VideoStatus{LatencyMs: 120}
	for name, c := range map[string]struct {
		o    OutputStatus
		want int
	}{
		"a good line":       {OutputStatus{State: Live, RTTMs: 40, BitrateKbps: 2400, KernelBytes: 12_000}, 140},
		"all in the kernel": {OutputStatus{State: Live, RTTMs: 40, BitrateKbps: 2400, KernelBytes: 120_000}, 500},
		"a queue":           {OutputStatus{State: Live, RTTMs: 40, BitrateKbps: 2400, QueueMs: 900}, 1040},
		"nothing sent now":  {OutputStatus{State: Stalled, RTTMs: 40, KernelBytes: 5000, QueueMs: 900}, 1040},
		"no connection":     {OutputStatus{State: Reconnecting, QueueMs: 900}, 0},
	} {
		if got := delay(v, c.o); got != c.want {
			t.Errorf("%s: %d ms, want %d", name, got, c.want)
		}
	}
}
