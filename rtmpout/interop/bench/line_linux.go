package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"

	"golang.org/x/sys/unix"
)

// A line of 5 Mbit/s between a studio, which is the process's own network namespace, a
// router and a server:
//
//	studio 10.77.0.2 ── 10.77.0.1 router 10.78.0.1 ── 10.78.0.2 server
//
// What narrows it is a token bucket, either where the studio sends, which TCP of this
// machine knows, or in the router, behind a queue of which nobody knows.
const (
	lineRate   = 5_000_000 // bit/s
	lineBuffer = 64 << 10  // bytes that wait for the narrow place
	serverAt   = "10.78.0.2:1935"
)

// namespaced says that the process has a network of its own.
const namespaced = "BENCH_NAMESPACE"

// inNamespaces runs this program's part once more, with its own network and mounts. It
// only says so where these may not be made.
func inNamespaces(part string) error {
	alone := []string{"--map-root-user", "--net", "--mount", "--propagation", "private"}
	if err := exec.Command("unshare", append(alone, "true")...).Run(); err != nil {
		fmt.Printf("\n%s: not measured, as network namespaces may not be made here: %v\n", part, err)
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	again := exec.Command("unshare", append(alone, self, part)...)
	again.Env = append(os.Environ(), namespaced+"=1")
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	return again.Run()
}

func shell(script string) error {
	out, err := exec.Command("sh", "-ec", script).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// makeLine makes the namespaces and what is between them. They end with the process.
func makeLine() error {
	return shell(`mount -t tmpfs run /run && mkdir -p /run/netns
		ip netns add router; ip netns add server
		ip link add eth type veth peer name studio netns router
		ip link add eth netns server type veth peer name server netns router
		ip link set lo up; ip addr add 10.77.0.2/24 dev eth; ip link set eth up; ip route add default via 10.77.0.1
		ip netns exec router sh -ec "sysctl -qw net.ipv4.ip_forward=1; ip addr add 10.77.0.1/24 dev studio; ip link set studio up
			ip addr add 10.78.0.1/24 dev server; ip link set server up"
		ip netns exec server sh -ec "ip link set lo up; ip addr add 10.78.0.2/24 dev eth; ip link set eth up; ip route add default via 10.78.0.1"`)
}

// narrow puts the narrow place into the router, or where the studio sends.
func narrow(inRouter bool) error {
	bucket := fmt.Sprintf("root tbf rate %dbit burst 6000 limit %d", lineRate, lineBuffer)
	if inRouter {
		return shell("tc qdisc del dev eth root 2>/dev/null || true; ip netns exec router tc qdisc replace dev server " + bucket)
	}
	return shell("ip netns exec router tc qdisc del dev server root 2>/dev/null || true; tc qdisc replace dev eth " + bucket)
}

// listenAtServer listens in the server's namespace: a socket stays in the one that its
// thread was in.
func listenAtServer() (l net.Listener, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		var fd int
		if fd, err = unix.Open("/run/netns/server", unix.O_RDONLY|unix.O_CLOEXEC, 0); err != nil {
			return
		}
		defer unix.Close(fd)
		if err = unix.Setns(fd, unix.CLONE_NEWNET); err == nil {
			l, err = net.Listen("tcp", serverAt)
		}
	}()
	<-done
	return l, err
}
