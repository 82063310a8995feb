package apptest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
)

// OBS is OBS Studio that plays one film and streams it, without hands. All that is
// not said here is as it is out of the box.
type OBS struct {
	Server, Key   string // rtmp://host:port/application, and the key
	Film          string
	Width, Height int
	Kbps          int    // of the picture
	Preset        string // x264's
	X264          string // more options for x264, as OBS takes them
	Dynamic       bool   // "Dynamically change bitrate"
	Preview       bool   // in its window
}

// HasOBS tells whether OBS is installed here. Nothing needs it but comparisons.
func HasOBS() bool {
	_, err := exec.LookPath("obs")
	return err == nil
}

// Command writes a profile and a scene into a folder, which is to be XDG_CONFIG_HOME
// of the program, and returns the command that goes live with them.
func (o OBS) Command(t testing.TB, home string) []string {
	t.Helper()
	WriteFiles(t, filepath.Join(home, "obs-studio"), map[string]string{
		"global.ini":                        fmt.Sprintf(obsGlobal, o.Preview),
		"basic/profiles/bench/basic.ini":    fmt.Sprintf(obsProfile, o.Dynamic, o.Kbps, o.Preset, o.X264, o.Width, o.Height, o.Width, o.Height),
		"basic/profiles/bench/service.json": fmt.Sprintf(`{"type":"rtmp_custom","settings":{"server":%q,"key":%q}}`, o.Server, o.Key),
		"basic/scenes/bench.json":           fmt.Sprintf(obsScene, o.Film),
	})
	return []string{"obs", "--startstreaming", "--profile", "bench", "--collection", "bench", "--multi", "--disable-missing-files-check"}
}

const obsGlobal = `[General]
FirstRun=true
LastVersion=486539266
EnableAutoUpdates=false
[BasicWindow]
PreviewEnabled=%t
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
VBitrate=%d
ABitrate=160
UseAdvanced=true
Preset=%s
x264Settings=%s
[Video]
BaseCX=%d
BaseCY=%d
OutputCX=%d
OutputCY=%d
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
