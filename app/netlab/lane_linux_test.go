package netlab

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tally/app/apptest"
	"tally/app/linksim"
)

// lane is one studio and one server with a router between them, which is the
// namespace of the test itself.
//
//	studio 10.77.n.2 ── router ──tbf──> 10.78.n.2 server: tap :1935 ──> nginx 127.0.0.1:1936
type lane struct {
	t        testing.TB
	n        int
	host     int // last byte of the studio's address
	silenced int // the same, of the address that nothing passes to
	up       int // bit/s
	buffer   int // bytes
	dir      string
	nginx    *apptest.Process
	tap      *tap
	rules    []string
}

var mountOnce sync.Once

// sh runs a command that must work.
func sh(t testing.TB, format string, args ...any) string {
	t.Helper()
	command := fmt.Sprintf(format, args...)
	out, err := exec.Command("sh", "-ec", command).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", command, err, out)
	}
	return string(out)
}

func newLane(t testing.TB, n int) *lane {
	t.Helper()
	apptest.Need(t, "unshare", "ip", "tc", "ss", "mount", "nginx", "ffmpeg")
	if os.Getenv(namespaced) == "" {
		apptest.Missing(t, "the permission to make network namespaces")
	}
	mountOnce.Do(func() {
		sh(t, "mount -t tmpfs run /run && mkdir -p /run/netns && sysctl -qw net.ipv4.ip_forward=1 && ip link set lo up")
	})
	l := &lane{t: t, n: n, host: 2, dir: t.TempDir()}
	sh(t, `ip netns add studio%[1]d; ip netns add server%[1]d
		ip link add r%[1]d type veth peer name eth netns studio%[1]d; ip link add d%[1]d type veth peer name eth netns server%[1]d
		ip addr add 10.77.%[1]d.1/24 dev r%[1]d; ip link set r%[1]d up; ip addr add 10.78.%[1]d.1/24 dev d%[1]d; ip link set d%[1]d up
		ip netns exec studio%[1]d sh -ec "ip link set lo up; ip addr add 10.77.%[1]d.2/24 dev eth; ip link set eth up; ip route add default via 10.77.%[1]d.1"
		ip netns exec server%[1]d sh -ec "ip link set lo up; ip addr add 10.78.%[1]d.2/24 dev eth; ip link set eth up; ip route add default via 10.78.%[1]d.1"`, n)
	t.Cleanup(func() {
		sh(t, "ip netns del studio%[1]d; ip netns del server%[1]d; ip link del r%[1]d 2>/dev/null || true; ip link del d%[1]d 2>/dev/null || true", n)
		for _, r := range l.rules {
			sh(t, "ip rule del %s", r)
		}
	})
	l.startServer()
	return l
}

func (l *lane) url() string { return fmt.Sprintf("rtmp://10.78.%d.2/live/%s", l.n, key) }

// key is the stream key of every run.
const key = "bench"

func (l *lane) startServer() {
	config := filepath.Join(l.dir, "nginx.conf")
	// A publisher that is silent for 10 s is dropped; by default its name would be
	// held for a minute and a half.
	text := fmt.Sprintf(`daemon off; master_process off; pid nginx.pid; error_log error.log info;
load_module %s;
events { worker_connections 64; }
rtmp { access_log off; server { listen 127.0.0.1:1936; application live { live on; drop_idle_publisher 10s; } } }
`, apptest.RTMPModule(l.t))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		l.t.Fatal(err)
	}
	l.nginx = apptest.Start(l.t, nil, "ip", "netns", "exec", fmt.Sprint("server", l.n), "nginx", "-p", l.dir, "-c", config, "-e", filepath.Join(l.dir, "error.log"))
	apptest.Until(l.t, 5*time.Second, "nginx listens", func() bool {
		return strings.Contains(sh(l.t, "ip netns exec server%d ss -Hltn", l.n), ":1936")
	})
	if l.tap == nil {
		l.tap = &tap{lane: l}
	}
	l.tap.listen()
}

func (l *lane) stopServer() {
	l.tap.close()
	l.nginx.Kill()
}

// inServer is in, for the server's namespace.
func (l *lane) inServer(f func() error) error { return l.in("server", f) }

// in runs f on a thread that is in the namespace of the studio or the server: a
// socket stays in the one that it was made in.
func (l *lane) in(whose string, f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlock: the thread ends with the goroutine
		fd, err := unix.Open(fmt.Sprint("/run/netns/", whose, l.n), unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err == nil {
			err = unix.Setns(fd, unix.CLONE_NEWNET)
			unix.Close(fd)
		}
		if err == nil {
			err = f()
		}
		done <- err
	}()
	return <-done
}

// happen makes one moment of a script real.
func (l *lane) happen(m linksim.Moment) {
	switch m.Event {
	case linksim.Rate:
		l.up = m.Up
		sh(l.t, "tc qdisc replace dev d%d root tbf rate %dbit burst 6000 limit %d", l.n, l.up, l.buffer)
	case linksim.Out:
		sh(l.t, "ip route add blackhole 10.78.%[1]d.2/32; ip route add blackhole 10.77.%[1]d.%[2]d/32", l.n, l.host)
		l.silenced = l.host
	case linksim.Back:
		sh(l.t, "ip route del blackhole 10.78.%[1]d.2/32; ip route del blackhole 10.77.%[1]d.%[2]d/32", l.n, l.silenced)
	case linksim.Forget:
		for line := range strings.Lines(sh(l.t, "ip netns exec studio%[1]d ss -Htn dst 10.78.%[1]d.2", l.n)) {
			f := strings.Fields(line)
			if len(f) < 5 {
				continue
			}
			_, port, _ := net.SplitHostPort(f[3])
			for _, r := range []string{
				fmt.Sprintf("ipproto tcp iif r%d sport %s blackhole", l.n, port),
				fmt.Sprintf("ipproto tcp iif d%d dport %s blackhole", l.n, port),
			} {
				sh(l.t, "ip rule add %s", r)
				l.rules = append(l.rules, r)
			}
		}
	case linksim.Address:
		old := l.host
		l.host++
		sh(l.t, `ip netns exec studio%[1]d sh -ec "ip addr del 10.77.%[1]d.%[2]d/24 dev eth; ip addr add 10.77.%[1]d.%[3]d/24 dev eth; ip route replace default via 10.77.%[1]d.1"`, l.n, old, l.host)
	case linksim.ServerDown:
		l.stopServer()
	case linksim.ServerUp:
		l.startServer()
	case linksim.ServerCut:
		l.tap.cut()
	}
}

// play lets a script happen; it began when said.
func (l *lane) play(s *linksim.Script, began time.Time) {
	for _, m := range s.Moments {
		time.Sleep(time.Until(began.Add(m.At)))
		if m.At > 0 {
			l.happen(m)
		}
	}
	time.Sleep(time.Until(began.Add(s.Lasts)))
}

// prepare sets the line to how the script begins.
func (l *lane) prepare(s *linksim.Script) {
	if l.buffer = s.Buffer; l.buffer == 0 {
		l.buffer = 64 << 10
	}
	l.happen(s.Moments[0])
}
