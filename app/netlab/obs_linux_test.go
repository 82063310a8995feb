package netlab

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tally/app/apptest"
)

// obs is OBS Studio without hands: a profile, a scene with the film in it, a screen
// that nobody looks at, and --startstreaming. All else is as it is out of the box;
// dynamic is "Dynamically change bitrate", which is off there.
func obs(dynamic bool) func(testing.TB, *lane, string) func() []change {
	return func(t testing.TB, l *lane, film string) func() []change {
		desktop := apptest.StartDesktop(t, "1100x750")
		home := filepath.Join(l.dir, fmt.Sprint("obs-", dynamic))
		config := filepath.Join(home, "obs-studio")
		for name, text := range map[string]string{
			"global.ini":                        obsGlobal,
			"basic/profiles/bench/basic.ini":    fmt.Sprintf(obsProfile, dynamic),
			"basic/profiles/bench/service.json": fmt.Sprintf(`{"type":"rtmp_custom","settings":{"server":%q,"key":%q}}`, strings.TrimSuffix(l.url(), "/"+key), key),
			"basic/scenes/bench.json":           fmt.Sprintf(obsScene, film),
		} {
			path := filepath.Join(config, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		env := append(desktop.Env(), "XDG_CONFIG_HOME="+home, "LIBGL_ALWAYS_SOFTWARE=1", "TZ=UTC")
		p := apptest.Start(t, env, "ip", "netns", "exec", fmt.Sprint("studio", l.n), "obs",
			"--startstreaming", "--profile", "bench", "--collection", "bench", "--multi", "--disable-missing-files-check")
		return func() []change {
			p.Kill()
			return obsLamp(t, config)
		}
	}
}

// hasOBS tells whether OBS is installed here; nothing needs it but the table.
func hasOBS() bool {
	_, err := exec.LookPath("obs")
	return err == nil
}

// obsLamp reads from its log when OBS itself said that it was connected, and when
// that it was not. Each line begins with the time of day.
func obsLamp(t testing.TB, config string) []change {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(config, "logs", "*.txt"))
	if err != nil || len(logs) == 0 {
		t.Fatalf("OBS has left no log: %v", err)
	}
	f, err := os.Open(logs[len(logs)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	changes := []change{}
	now := time.Now().UTC()
	for s := bufio.NewScanner(f); s.Scan(); {
		stamp, text, _ := strings.Cut(s.Text(), ": ")
		at, err := time.Parse("15:04:05.000", stamp)
		live, dark := strings.Contains(text, "Connection to rtmp") && strings.HasSuffix(text, "successful"),
			strings.Contains(text, "Reconnecting in") || strings.Contains(text, "Disconnected from")
		if err != nil || !live && !dark {
			continue
		}
		day := time.Date(now.Year(), now.Month(), now.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), time.UTC)
		if day.After(now) { // the run began yesterday
			day = day.AddDate(0, 0, -1)
		}
		changes = append(changes, change{day, live})
	}
	return changes
}

const obsGlobal = `[General]
FirstRun=true
LastVersion=486539266
EnableAutoUpdates=false
[BasicWindow]
PreviewEnabled=false
[Basic]
Profile=bench
ProfileDir=bench
SceneCollection=bench
SceneCollectionFile=bench
`

const obsProfile = `[General]
Name=bench
[Output]
Mode=Simple
DynamicBitrate=%t
[SimpleOutput]
StreamEncoder=x264
VBitrate=2500
ABitrate=160
UseAdvanced=true
Preset=ultrafast
x264Settings=keyint=60 tune=zerolatency
[Video]
BaseCX=640
BaseCY=360
OutputCX=640
OutputCY=360
FPSType=0
FPSCommon=30
[Audio]
SampleRate=48000
`

const obsScene = `{"name":"bench","current_scene":"S","current_program_scene":"S","scene_order":[{"name":"S"}],"sources":[
{"id":"scene","versioned_id":"scene","name":"S","settings":{"id_counter":1,"items":[{"name":"film","id":1,"visible":true,
 "align":5,"bounds_type":0,"scale":{"x":1.0,"y":1.0},"pos":{"x":0.0,"y":0.0},"rot":0.0}]}},
{"id":"ffmpeg_source","versioned_id":"ffmpeg_source","name":"film","enabled":true,"mixers":255,"volume":1.0,
 "settings":{"local_file":%q,"is_local_file":true,"looping":true,"hw_decode":false}}]}
`
