package apptest

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Sound is a PulseAudio server with one microphone, which hears what is played.
type Sound struct {
	server string
	home   string
}

// StartSound starts a sound server. Nothing plays yet.
func StartSound(t testing.TB) *Sound {
	t.Helper()
	Need(t, "pulseaudio", "pactl")
	home := t.TempDir()
	socket := filepath.Join(home, "sound")
	s := &Sound{server: "unix:" + socket, home: home}
	Start(t, Env(home), "pulseaudio", "-n", "--daemonize=no", "--use-pid-file=no",
		"--exit-idle-time=-1", "--log-target=stderr",
		"-L", "module-native-protocol-unix auth-anonymous=1 socket="+socket,
		"-L", "module-null-sink sink_name=room rate=48000",
		"-L", "module-remap-source master=room.monitor source_name=microphone source_properties=device.description=Microphone")
	Until(t, 10*time.Second, "PulseAudio answers", func() bool { return exists(socket) })
	s.pactl(t, "set-default-sink", "room")
	s.pactl(t, "set-default-source", "microphone")
	return s
}

// Env is what a program needs in its environment to use this server. It goes
// after [Env].
func (s *Sound) Env() []string {
	return []string{"PULSE_SERVER=" + s.server, "SDL_AUDIODRIVER=pulseaudio"}
}

func (s *Sound) pactl(t testing.TB, args ...string) string {
	t.Helper()
	return strings.TrimSpace(run(t, append(Env(s.home), s.Env()...), "pactl", args...))
}

// Microphone adds one with that name, and makes it the desktop's own.
func (s *Sound) Microphone(t testing.TB, name string) {
	t.Helper()
	s.pactl(t, "load-module", "module-remap-source", "master=room.monitor", "source_name=another",
		`source_properties='device.description="`+name+`"'`)
	s.pactl(t, "set-default-source", "another")
}

// Unplug takes all microphones away.
func (s *Sound) Unplug(t testing.TB) {
	t.Helper()
	s.pactl(t, "unload-module", "module-remap-source")
}

// Mute switches the desktop's microphone off or on.
func (s *Sound) Mute(t testing.TB, off bool) {
	t.Helper()
	s.pactl(t, "set-source-mute", "@DEFAULT_SOURCE@", strconv.FormatBool(off))
}

// Tone plays a sine of 1000 Hz from now on, until the returned function is called.
func (s *Sound) Tone(t testing.TB) (stop func()) {
	t.Helper()
	module := s.pactl(t, "load-module", "module-sine", "sink=room", "frequency=1000")
	return func() { s.pactl(t, "unload-module", module) }
}
