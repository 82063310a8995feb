package apptest

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Wayland is a Wayland desktop without a screen to look at: sway, PipeWire, and the
// portal through which programs may see the screen. Where a person would be asked what
// to share, there is one who always shares the screen; see Asked.
type Wayland struct {
	home             string
	Compositor, Pipe *Process // sway and PipeWire
	Portal           *Process // the part of the portal that programs talk to
}

// portalParts are where systems keep the programs of the portal.
var portalParts = []string{"/usr/libexec", "/usr/lib", "/usr/lib/xdg-desktop-portal"}

func portalPart(t testing.TB, name string) string {
	t.Helper()
	for _, dir := range portalParts {
		if path := filepath.Join(dir, name); executable(path) {
			return path
		}
	}
	Need(t, name)
	return name
}

func executable(path string) bool {
	s, err := os.Stat(path)
	return err == nil && s.Mode().IsRegular() && s.Mode()&0o111 != 0
}

// busConfig is a message bus that starts no services of the machine's.
const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

// StartWayland starts one with a screen of that size, such as "1280x720".
func StartWayland(t testing.TB, size string) *Wayland {
	t.Helper()
	Need(t, "sway", "swaybg", "dbus-daemon", "pipewire", "wireplumber", "foot")
	frontend, backend := portalPart(t, "xdg-desktop-portal"), portalPart(t, "xdg-desktop-portal-wlr")
	permissions := portalPart(t, "xdg-permission-store")
	home, err := os.MkdirTemp("", "wayland") // a test's own name could make its sockets' too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	w := &Wayland{home: home}
	w.write(t, "bus.conf", fmt.Sprintf(busConfig, filepath.Join(home, "bus")))
	w.write(t, ".config/sway/config", "xwayland disable\ndefault_border none\noutput * resolution "+size+" bg #336699 solid_color\n")
	w.write(t, ".config/xdg-desktop-portal-wlr/config", "[screencast]\nmax_fps=60\nchooser_type=simple\n"+
		"chooser_cmd=echo asked >>"+w.asked()+"; echo HEADLESS-1\n")

	Start(t, w.Env(), "dbus-daemon", "--nofork", "--config-file="+filepath.Join(home, "bus.conf"))
	w.socket(t, "bus")
	w.Pipe = Start(t, w.Env(), "pipewire")
	w.socket(t, "pipewire-0")
	Start(t, w.Env(), "wireplumber")
	w.startCompositor(t)
	Start(t, w.Env(), permissions)
	forPortal := filepath.Join(home, "for-portal")
	proxy(t, forPortal, filepath.Join(home, "sway", "wayland-1"))
	Start(t, append(w.Env(), "WAYLAND_DISPLAY="+forPortal), backend)
	w.owned(t, "org.freedesktop.impl.portal.desktop.wlr")
	w.Portal = Start(t, w.Env(), frontend)
	w.owned(t, "org.freedesktop.portal.Desktop")
	return w
}

// startCompositor starts sway. It refuses to run as root, so it then runs as nobody,
// with a folder for its sockets alone.
func (w *Wayland) startCompositor(t testing.TB) {
	t.Helper()
	run := filepath.Join(w.home, "sway")
	if err := os.Mkdir(run, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sway", "-c", filepath.Join(w.home, ".config/sway/config"))
	cmd.Env = append(w.Env(), "XDG_RUNTIME_DIR="+run, "WAYLAND_DISPLAY=", "WLR_BACKENDS=headless", "WLR_RENDERER=pixman", "WLR_LIBINPUT_NO_DEVICES=1")
	if os.Getuid() == 0 {
		const nobody = 65534
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
		if err := os.Chown(run, nobody, nobody); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(w.home, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	w.Compositor = start(t, cmd)
	w.socket(t, "sway/wayland-1")
	w.socket(t, "sway/ipc")
}

// Env is the environment for programs on this desktop.
func (w *Wayland) Env() []string {
	return append(Env(w.home),
		"DBUS_SESSION_BUS_ADDRESS=unix:path="+filepath.Join(w.home, "bus"),
		"WAYLAND_DISPLAY="+filepath.Join(w.home, "sway", "wayland-1"),
		"SWAYSOCK="+filepath.Join(w.home, "sway", "ipc"),
		"XDG_CURRENT_DESKTOP=sway", "XDG_SESSION_TYPE=wayland", "XDG_STATE_HOME="+w.State())
}

// State is where programs on this desktop keep what they must know again.
func (w *Wayland) State() string { return filepath.Join(w.home, ".state") }

// Do is what somebody does to the desktop, in sway's words: Do(t, "output", "*",
// "resolution", "800x600").
func (w *Wayland) Do(t testing.TB, args ...string) {
	t.Helper()
	run(t, w.Env(), "swaymsg", append([]string{"--"}, args...)...)
}

// Asked is how often the person was asked what to share.
func (w *Wayland) Asked() int {
	answers, _ := os.ReadFile(w.asked()) // none yet
	return bytes.Count(answers, []byte("\n"))
}

func (w *Wayland) asked() string { return filepath.Join(w.home, "asked") }

// Show fills the whole screen with a picture, stretched to its size.
func (w *Wayland) Show(t testing.TB, picture image.Image) {
	t.Helper()
	var file bytes.Buffer
	if err := png.Encode(&file, picture); err != nil {
		t.Fatal(err)
	}
	w.write(t, "background.png", file.String())
	w.Do(t, "output", "*", "bg", filepath.Join(w.home, "background.png"), "stretch")
}

// Fill gives the whole screen one colour, such as "#ff0000".
func (w *Wayland) Fill(t testing.TB, color string) {
	t.Helper()
	w.Do(t, "output", "*", "bg", color, "solid_color")
}

// Run shows a program that never holds still.
func (w *Wayland) Run(t testing.TB) *Process {
	t.Helper()
	return Start(t, append(w.Env(), "LC_ALL=C.UTF-8"), "foot", "sh", "-c", `while sleep 0.02; do date +"%N %N %N %N"; done`)
}

func (w *Wayland) write(t testing.TB, name, text string) {
	t.Helper()
	path := filepath.Join(w.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// socket waits until somebody listens there.
func (w *Wayland) socket(t testing.TB, name string) {
	t.Helper()
	Until(t, 10*time.Second, name+" is there", func() bool {
		c, err := net.Dial("unix", filepath.Join(w.home, name))
		if err != nil {
			return false
		}
		c.Close()
		return true
	})
}

// owned waits until a service is on the bus.
func (w *Wayland) owned(t testing.TB, name string) {
	t.Helper()
	Until(t, 10*time.Second, name+" is on the bus", func() bool {
		cmd := exec.Command("dbus-send", "--bus=unix:path="+filepath.Join(w.home, "bus"), "--print-reply=literal", "--dest=org.freedesktop.DBus",
			"/", "org.freedesktop.DBus.NameHasOwner", "string:"+name)
		cmd.Env = w.Env()
		out, err := cmd.Output()
		return err == nil && string(out) == "   boolean true\n"
	})
}
