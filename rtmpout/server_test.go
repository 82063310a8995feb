package rtmpout_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// received is a Receiver that keeps everything.
type received struct {
	mu       sync.Mutex
	messages []rtmptest.Message
	ended    bool
	err      error
	done     chan struct{}
}

func newReceived() *received { return &received{done: make(chan struct{})} }

func (r *received) Message(m rtmptest.Message) error {
	m.Data = append([]byte(nil), m.Data...)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
	return nil
}

func (r *received) End(err error) {
	r.mu.Lock()
	r.ended, r.err = true, err
	r.mu.Unlock()
	close(r.done)
}

// wait returns everything once the publication has ended.
func (r *received) wait(t testing.TB) ([]rtmptest.Message, error) {
	t.Helper()
	select {
	case <-r.done:
	case <-time.After(20 * time.Second):
		t.Fatal("the server has not seen the end")
	}
	return r.messages, r.err
}

// listen starts a test server that ends with the test.
func listen(t testing.TB, c rtmptest.Config) *rtmptest.Server {
	t.Helper()
	srv, err := rtmptest.Listen(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Close)
	return srv
}

// receiving is a server that keeps one publication.
func receiving(t testing.TB, c rtmptest.Config) (*rtmptest.Server, *received) {
	r := newReceived()
	c.Publish = func(rtmptest.Publication) (rtmptest.Receiver, error) { return r, nil }
	return listen(t, c), r
}

func target(t testing.TB, server, key string) rtmpout.Target {
	t.Helper()
	target, err := rtmpout.ParseTarget(server, key)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func dial(t testing.TB, server, key string, o rtmpout.Options) *rtmpout.Publisher {
	t.Helper()
	p, err := rtmpout.Dial(within(t, 20*time.Second), target(t, server, key), o)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() { p.Abort(); <-p.Done() })
	return p
}

func closeNow(t testing.TB, p *rtmpout.Publisher) {
	t.Helper()
	if err := p.Close(within(t, 10*time.Second)); err != nil {
		t.Errorf("Close: %v", err)
	}
}

// program is a child process of a test.
type program struct {
	cmd    *exec.Cmd
	output *safeBuffer
	exited chan struct{}
	err    error
}

type safeBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func start(t testing.TB, name string, args ...string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(name, args...), output: new(safeBuffer), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = p.output, p.output
	p.cmd.WaitDelay = 2 * time.Second
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() { p.err = p.cmd.Wait(); close(p.exited) }()
	t.Cleanup(func() {
		p.cmd.Process.Kill()
		<-p.exited
		if t.Failed() {
			t.Logf("%s:\n%s", name, p.output)
		}
	})
	return p
}

func (p *program) wait(t testing.TB, d time.Duration) {
	t.Helper()
	select {
	case <-p.exited:
	case <-time.After(d):
		t.Fatalf("%s does not end", p.cmd.Path)
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	address, err := rtmptest.FreeAddress()
	must(t, err)
	return int(netip.MustParseAddrPort(address).Port())
}

func waitPort(t testing.TB, port int, p *program) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
		select {
		case <-p.exited:
			t.Fatalf("%s ended: %s", p.cmd.Path, p.output)
		default:
		}
	}
	t.Fatalf("nothing listens on %d", port)
}

// waitListening waits without connecting, for servers that take one client.
func waitListening(t testing.TB, port int) {
	t.Helper()
	want := fmt.Sprintf(":%04X 00000000:0000 0A", port)
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if b, err := os.ReadFile("/proc/net/tcp"); err == nil && strings.Contains(string(b), want) {
			return
		}
	}
	t.Fatalf("nothing listens on %d", port)
}

// nginx is nginx with its RTMP module: it records what is published to /live.
type nginx struct {
	url, dir, log string
}

const nginxModule = "/usr/lib/nginx/modules/ngx_rtmp_module.so"

func startNginx(t testing.TB, more string) nginx {
	t.Helper()
	if _, err := os.Stat(nginxModule); err != nil {
		t.Fatalf("nginx with its RTMP module is needed (apt install nginx libnginx-mod-rtmp): %v", err)
	}
	dir, err := os.MkdirTemp("", "nginx-rtmp")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	port := freePort(t)
	n := nginx{fmt.Sprintf("rtmp://127.0.0.1:%d/live", port), dir, filepath.Join(dir, "error.log")}
	user := ""
	if os.Getuid() == 0 {
		user = "user root;" // else its workers may not write to dir
	}
	conf := fmt.Sprintf(`%s load_module %s; daemon off; master_process off; pid %s/pid; error_log %s info;
events { worker_connections 64; }
rtmp { access_log %s/access.log; server { listen 127.0.0.1:%d; %s
  application live { live on; record all; record_path %s; record_unique off; } } }`,
		user, nginxModule, dir, n.log, dir, port, more, dir)
	path := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "nginx", "-c", path, "-p", dir, "-e", n.log)
	waitPort(t, port, p)
	return n
}

func (n nginx) errors(t testing.TB) string {
	b, err := os.ReadFile(n.log)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// decoded checks with ffprobe and ffmpeg that a file has what was sent, without any
// decoding error.
func decoded(t testing.TB, path string, c *media, rounds int) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-count_packets", "-show_entries",
		"stream=codec_name,width,height,nb_read_packets,sample_rate", "-of", "csv=p=0", path).CombinedOutput()
	if err != nil {
		t.Fatalf("ffprobe: %v: %s", err, out)
	}
	video, audio := 0, 0
	for _, p := range c.Packets {
		if p.Video {
			video += rounds
		} else {
			audio += rounds
		}
	}
	for _, want := range []string{fmt.Sprintf("h264,320,180,%d", video), fmt.Sprintf("aac,48000,%d", audio)} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%s: ffprobe says %q, want %q", path, out, want)
		}
	}
	if out, err := exec.Command("ffmpeg", "-v", "error", "-i", path, "-f", "null", "-").CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("decoding %s: %v: %s", path, err, out)
	}
}

func causeAs[E error](t testing.TB, err error, step rtmpout.Step) E {
	t.Helper()
	e, ok := errors.AsType[E](err)
	if !ok {
		t.Fatalf("error is %T %v, want %T", err, err, e)
	}
	if where, ok := errors.AsType[*rtmpout.Error](err); !ok || where.Step != step {
		t.Errorf("error %v is not of step %s", err, step)
	}
	return e
}
