package apptest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Process is a program that runs for a test. It is killed when the test ends.
type Process struct {
	name string
	cmd  *exec.Cmd
	out  output
	done chan struct{} // closed when the program has ended
	err  error         // valid then
}

// Start runs a program with the given environment (nil: the test's own) and
// keeps what it writes.
func Start(t testing.TB, env []string, name string, args ...string) *Process {
	t.Helper()
	Need(t, name)
	cmd := exec.Command(name, args...)
	cmd.Env = env
	return start(t, cmd)
}

func start(t testing.TB, cmd *exec.Cmd) *Process {
	t.Helper()
	p := &Process{name: cmd.Args[0], cmd: cmd, done: make(chan struct{})}
	if cmd.Stdout == nil {
		cmd.Stdout = &p.out
	}
	if cmd.Stderr == nil {
		cmd.Stderr = &p.out
	}
	cmd.WaitDelay = 2 * time.Second // for what its own children hold open
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", p.name, err)
	}
	go func() {
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() && p.Output() != "" {
			t.Logf("%s wrote:\n%s", p.name, tail(p.Output(), 40))
		}
	})
	return p
}

// Output is what the program has written so far.
func (p *Process) Output() string { return p.out.String() }

// PID is the program's number.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends a signal, if the program still runs.
func (p *Process) Signal(sig os.Signal) { _ = p.cmd.Process.Signal(sig) }

// Kill ends the program without asking, and waits until it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.done
}

// Stop asks the program to end, and kills it if it does not within two seconds.
func (p *Process) Stop() {
	p.Signal(syscall.SIGTERM)
	if !p.ended(2 * time.Second) {
		p.Kill()
	}
}

func (p *Process) ended(within time.Duration) bool {
	select {
	case <-p.done:
		return true
	case <-time.After(within):
		return false
	}
}

// Wait waits for the program to end by itself, and returns its exit status:
// −1 if a signal ended it. It fails the test when that takes too long.
func (p *Process) Wait(t testing.TB, within time.Duration) int {
	t.Helper()
	if !p.ended(within) {
		p.Signal(syscall.SIGQUIT) // a Go program then writes where each goroutine stands
		p.ended(2 * time.Second)
		t.Fatalf("%s still ran after %v; it wrote:\n%s", p.name, within, tail(p.Output(), 1000))
	}
	var exit *exec.ExitError
	switch {
	case p.err == nil:
		return 0
	case errors.As(p.err, &exit):
		return exit.ExitCode()
	}
	t.Fatalf("%s: %v", p.name, p.err)
	return -1
}

// Usage is what the program, which has ended, took from the machine.
func (p *Process) Usage() (cpu time.Duration, peakBytes int64) {
	state := p.cmd.ProcessState
	usage := state.SysUsage().(*syscall.Rusage)
	return state.UserTime() + state.SystemTime(), usage.Maxrss * maxrssUnit
}

// run runs a program to its end and returns what it wrote to its standard
// output. It fails the test if the program fails.
func run(t testing.TB, env []string, name string, args ...string) string {
	t.Helper()
	Need(t, name)
	cmd := exec.Command(name, args...)
	cmd.Env = env
	var out bytes.Buffer
	cmd.Stdout = &out
	p := start(t, cmd)
	if status := p.Wait(t, time.Minute); status != 0 {
		t.Fatalf("%s %s: status %d: %s", name, strings.Join(args, " "), status, p.Output())
	}
	return out.String()
}

// Until waits for something to become true, and fails the test when that takes
// too long. What says what was waited for.
func Until(t testing.TB, within time.Duration, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited %v in vain: %s", within, what)
		}
	}
}

// output is a buffer that a program fills while a test reads it.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func tail(s string, lines int) string {
	all := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if cut := len(all) - lines; cut > 0 {
		return fmt.Sprintf("(%d lines before these)\n%s", cut, strings.Join(all[cut:], "\n"))
	}
	return strings.Join(all, "\n")
}
