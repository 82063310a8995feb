package apptest

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Desktop is an X server without a screen to look at, its window manager, and
// somebody at mouse and keyboard.
type Desktop struct {
	Display string   // ":7"
	Server  *Process // Xvfb

	home string
}

// StartDesktop starts one with a screen of that size, such as "1280x800".
func StartDesktop(t testing.TB, size string) *Desktop {
	t.Helper()
	Need(t, "Xvfb", "openbox", "xdotool", "import")
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	// The server chooses a free display, and writes its number when it is ready. Descriptor 3
	// is the first of ExtraFiles.
	cmd := exec.Command("Xvfb", "-displayfd", "3", "-screen", "0", size+"x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{write}
	server := start(t, cmd)
	write.Close()
	if err := read.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb does not become ready: %v", err)
	}
	d := &Desktop{Display: ":" + strings.TrimSpace(number), Server: server, home: t.TempDir()}
	Start(t, d.Env(), "openbox", "--sm-disable")
	Until(t, 5*time.Second, "openbox manages the desktop", func() bool {
		out, err := d.command("xprop", "-root", "_NET_SUPPORTING_WM_CHECK").Output()
		return err == nil && strings.Contains(string(out), "window id")
	})
	return d
}

// Env is the environment for programs on this desktop: nothing of the user's
// own desktop, sound or settings.
func (d *Desktop) Env() []string {
	return append(Env(d.home), "DISPLAY="+d.Display)
}

// Env is an environment without desktop, sound server and message bus, and with
// an empty home.
func Env(home string) []string {
	return []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + home,
		"XDG_CONFIG_HOME=" + home + "/.config",
		"XDG_CACHE_HOME=" + home + "/.cache",
		"XDG_RUNTIME_DIR=" + home,
		"LANG=en_US.UTF-8",
		"DBUS_SESSION_BUS_ADDRESS=disabled:",
		"DBUS_SYSTEM_BUS_ADDRESS=disabled:",
		"PULSE_SERVER=unix:" + home + "/no-sound",
	}
}

// Config is the folder in which programs on this desktop keep their settings.
func (d *Desktop) Config() string { return filepath.Join(d.home, ".config") }

func (d *Desktop) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = d.Env()
	return cmd
}

// Do is what somebody does with mouse and keyboard, in xdotool's words:
// Do(t, "mousemove", "100", "200", "click", "1").
func (d *Desktop) Do(t testing.TB, args ...string) string {
	t.Helper()
	// Without this, xdotool cannot type what is not ASCII.
	return run(t, append(d.Env(), "LC_ALL=C.UTF-8"), "xdotool", args...)
}

// Window waits for a window whose title matches, and returns its number.
func (d *Desktop) Window(t testing.TB, title string, within time.Duration) string {
	t.Helper()
	var found string
	Until(t, within, fmt.Sprintf("a window %q appears", title), func() bool {
		out, err := d.command("xdotool", "search", "--onlyvisible", "--name", title).Output()
		found, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
		return err == nil && found != ""
	})
	return found
}

// Screenshot saves what the screen shows, as the format that path's extension
// names.
func (d *Desktop) Screenshot(t testing.TB, path string) {
	t.Helper()
	run(t, d.Env(), "import", "-window", "root", path)
}

// Play fills the screen with a film, in a loop, with its sound on the sound
// server (nil: without sound).
func (d *Desktop) Play(t testing.TB, film string, sound *Sound) *Process {
	t.Helper()
	return d.play(t, film, sound, "-fs")
}

// PlayInWindow is Play in a window as large as the film, in the upper left corner.
func (d *Desktop) PlayInWindow(t testing.TB, film string, sound *Sound) *Process {
	t.Helper()
	return d.play(t, film, sound, "-left", "0", "-top", "0")
}

func (d *Desktop) play(t testing.TB, film string, sound *Sound, how ...string) *Process {
	t.Helper()
	env, args := d.Env(), append(how, "-loglevel", "error", "-noborder", "-loop", "0", "-framedrop")
	if sound != nil {
		env = append(env, sound.Env()...)
	} else {
		args = append(args, "-an")
	}
	p := Start(t, env, "ffplay", append(args, film)...)
	d.Window(t, ".", 10*time.Second)
	return p
}
