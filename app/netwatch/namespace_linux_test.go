package netwatch

import (
	"context"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"tally/app/apptest"
)

// inside says that the test runs in a network namespace of its own.
const inside = "TALLY_NETWATCH_NAMESPACE"

// A cable is plugged in and out, an address and a route come and go, on an
// interface of the kernel's in a network namespace of the test's own.
func TestRealInterfaces(t *testing.T) {
	apptest.Need(t, "unshare", "ip")
	if os.Getenv(inside) == "" {
		if exec.Command("unshare", "--map-root-user", "--net", "true").Run() != nil {
			apptest.Missing(t, "the permission to make network namespaces")
		}
		cmd := exec.Command("unshare", "--map-root-user", "--net", os.Args[0], "-test.run", "^TestRealInterfaces$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	changed := make(chan struct{}, 16)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- Run(ctx, func() { changed <- struct{}{} }) }()
	time.Sleep(100 * time.Millisecond)
	local := &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000}
	for _, step := range []struct {
		command string
		has     bool // afterwards
	}{
		{"ip link add here type veth peer name there", false},
		{"ip addr add 192.0.2.1/24 dev here", false},
		{"ip link set here up", true},
		{"ip link set there up", true}, // the carrier comes
		{"ip route add default via 192.0.2.2", true},
		{"ip route del default", true},
		{"ip link set there down", true},
		{"ip link set there up", true},
		{"ip link set here down", false},
		{"ip link set here up", true},
		{"ip addr del 192.0.2.1/24 dev here", false},
		{"ip link del here", false},
	} {
		for len(changed) > 0 {
			<-changed
		}
		if out, err := exec.Command("sh", "-c", step.command).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", step.command, err, out)
		}
		begin := time.Now()
		select {
		case <-changed:
			t.Logf("%s: told after %v", step.command, time.Since(begin).Round(time.Millisecond))
		case <-time.After(2 * time.Second):
			t.Errorf("%s: nothing was told", step.command)
		}
		time.Sleep(300 * time.Millisecond) // the carrier follows
		if got := Has(local); got != step.has {
			t.Errorf("%s: Has is %v", step.command, got)
		}
	}
	cancel()
	<-done
}
