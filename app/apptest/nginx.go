package apptest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// NGINX is nginx with its RTMP module, as Debian packages it and configured as
// its manual's first example. It has three applications: "live" takes every key,
// "guarded" asks a web hook, which takes [GuardedKey] only, and "strict" lets go of
// who has sent nothing for five seconds, as services do.
type NGINX struct {
	Addr string // host:port

	dir  string
	proc *Process
}

// GuardedKey is the one stream key that the application "guarded" takes.
const GuardedKey = "right-key"

// StartNGINX starts a server on a free port.
func StartNGINX(t testing.TB) *NGINX {
	t.Helper()
	Need(t, "nginx")
	n := &NGINX{Addr: FreeAddr(t), dir: t.TempDir()}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("name") != GuardedKey {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	t.Cleanup(hook.Close)
	config := fmt.Sprintf(`daemon off;
master_process off;
pid nginx.pid;
load_module %s;
events { worker_connections 256; }
rtmp {
	access_log access.log;
	server {
		listen %s;
		application live { live on; }
		application guarded { live on; on_publish %s; }
		application strict { live on; drop_idle_publisher 5s; }
	}
}
`, RTMPModule(t), n.Addr, hook.URL+"/publish") // without a path, the module sends a request that is none
	if err := os.WriteFile(n.path("nginx.conf"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	n.Start(t)
	return n
}

// RTMPModule is where nginx's RTMP module is.
func RTMPModule(t testing.TB) string {
	t.Helper()
	for _, dir := range []string{"/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"} {
		if module := filepath.Join(dir, "ngx_rtmp_module.so"); exists(module) {
			return module
		}
	}
	Missing(t, "nginx's RTMP module (libnginx-mod-rtmp)")
	return ""
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func (n *NGINX) path(name string) string { return filepath.Join(n.dir, name) }

// URL is where the application takes a stream with that key.
func (n *NGINX) URL(application, key string) string {
	return "rtmp://" + n.Addr + "/" + application + "/" + key
}

// Kill ends the server as a power cut would.
func (n *NGINX) Kill() { n.proc.Kill() }

// Pause has the server read nothing any more, with its connections open.
func (n *NGINX) Pause() { n.proc.Signal(syscall.SIGSTOP) }

// Start starts the server again, at the same address.
func (n *NGINX) Start(t testing.TB) {
	t.Helper()
	n.proc = Start(t, nil, "nginx", "-p", n.dir, "-c", n.path("nginx.conf"),
		"-e", n.path("error.log"), "-g", "error_log "+n.path("error.log")+" info;")
	Until(t, 5*time.Second, "nginx listens", func() bool {
		return n.proc.ended(0) || listening(n.Addr)
	})
	if n.proc.ended(0) {
		t.Fatalf("nginx ended at once:\n%s%s", n.proc.Output(), n.Log())
	}
}

// Log is the server's log so far, of level info.
func (n *NGINX) Log() string {
	b, _ := os.ReadFile(n.path("error.log"))
	return string(b)
}

// Publication is one publisher's session, as the server's log tells it.
type Publication struct {
	Key     string
	Ended   bool
	Orderly bool // the publisher said goodbye before the connection was gone
}

// pid#tid: *connection event
var logLine = regexp.MustCompile(`(?m)^\S+ \S+ \[info\] (\d+)#\d+: \*(\d+) (disconnect|deleteStream|publish: name='([^']*)')`)

// Publications lists who has published so far, oldest first.
func (n *NGINX) Publications() []Publication {
	var list []Publication
	at := map[string]int{} // connection → index in list
	for _, m := range logLine.FindAllStringSubmatch(n.Log(), -1) {
		connection := m[1] + "*" + m[2]
		i, known := at[connection]
		switch {
		case m[4] != "":
			at[connection] = len(list)
			list = append(list, Publication{Key: m[4]})
		case !known: // a player
		case m[3] == "deleteStream" && !list[i].Ended:
			list[i].Orderly = true
		case m[3] == "disconnect":
			list[i].Ended = true
		}
	}
	return list
}

// WaitEnded waits until the newest publication under that key has ended, and
// returns it.
func (n *NGINX) WaitEnded(t testing.TB, key string, within time.Duration) Publication {
	t.Helper()
	var found Publication
	Until(t, within, "the server notices the end of "+key, func() bool {
		for _, p := range n.Publications() {
			if p.Key == key {
				found = p
			}
		}
		return found.Ended
	})
	return found
}

// WaitPublished waits until n publications under that key have begun.
func (n *NGINX) WaitPublished(t testing.TB, key string, count int, within time.Duration) {
	t.Helper()
	Until(t, within, fmt.Sprintf("the server is sent %s (for the %d. time)", key, count), func() bool {
		seen := 0
		for _, p := range n.Publications() {
			if p.Key == key {
				seen++
			}
		}
		return seen >= count
	})
}
