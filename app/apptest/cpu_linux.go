package apptest

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// CPU is the processor time that the program has taken so far, all its threads
// together, but not other programs that it has started.
func (p *Process) CPU(t testing.TB) time.Duration {
	t.Helper()
	var at unix.Timespec
	const scheduler = 2                               // CPUCLOCK_SCHED: in nanoseconds, not in ticks
	clock := int32(^p.cmd.Process.Pid<<3 | scheduler) // as clock_getcpuclockid(3) makes it
	if err := unix.ClockGettime(clock, &at); err != nil {
		t.Fatalf("%s: its processor time: %v; it wrote:\n%s", p.name, err, tail(p.Output(), 40))
	}
	return time.Duration(at.Nano())
}
