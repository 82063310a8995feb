package app

import (
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/adrg/xdg"

	"tally/app/recording"
)

// openTape prepares what keeps the show on this machine.
func (s *Studio) openTape(sh *show, set Settings) {
	sh.tape = &tape{writing: &s.writing, tracks: sh.tracks()}
	sh.tape.keepReplay(set.ReplaySeconds)
	sh.splice.keep = sh.tape.write
	if sh.video == nil {
		return
	}
	sh.second = newSecond(videoParams(set.Video), &sh.splice, sh.packets, sh.wantKey)
	sh.splice.change = sh.tape.change
}

// recording is what a new file needs to know besides its tracks.
func (s *Studio) recording(p recording.Params, path string, set Settings) recording.Params {
	p.Path, p.Notes = path, s.notes()
	p.SplitAfter = time.Duration(set.SplitMinutes) * time.Minute
	p.SplitBytes = int64(set.SplitMB) << 20
	p.Reserve = reserve(set)
	return p
}

// notes is the folder for notes of unfinished recordings, empty for none.
func (s *Studio) notes() string {
	if s.opts.StateDir == "" {
		return ""
	}
	return filepath.Join(s.opts.StateDir, "recordings")
}

// reserve is what a recording leaves free of a disk, in bytes: room to finish it,
// with its index, and five seconds of the show.
func reserve(set Settings) int64 {
	return 8<<20 + 5*bytesEach(set)
}

// bytesEach is how much a recording grows in a second.
func bytesEach(set Settings) int64 {
	return int64(set.Video.BitrateKbps+set.Audio.BitrateKbps) * 1000 / 8
}

// recordPath is the file to record to, empty for none. A rehearsal is recorded only
// when somebody says where to, or switches it on meanwhile.
func (s *Studio) recordPath(set Settings, rehearsal bool) string {
	switch {
	case s.opts.RecordPath != "":
		return s.opts.RecordPath
	case set.Record && !rehearsal:
		makeFolder(set)
		return newFile(set, "")
	}
	return ""
}

// newFile names a file after the show and the time, in the folder for recordings.
func newFile(set Settings, what string) string {
	return filepath.Join(recordDir(set), showName(set)+what+" "+time.Now().Format("2006-01-02 15-04-05")+".mkv")
}

// makeFolder makes the folder for recordings. A failure shows when a file in it is
// opened.
func makeFolder(set Settings) { _ = os.MkdirAll(recordDir(set), 0o755) }

func recordDir(set Settings) string {
	if set.RecordDir != "" {
		return set.RecordDir
	}
	return VideosDir()
}

// showName is where the show goes to, as part of a file's name on any system.
func showName(set Settings) string {
	const most = 60 // characters
	names := []string{"Tally"}
	for _, d := range set.Destinations {
		if d.Enabled {
			names = append(names, d.Name)
		}
	}
	name := []rune(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.Join(names, " ")))
	return strings.TrimSpace(string(name[:min(len(name), most)]))
}

// VideosDir is the user's folder for videos, as the desktop names it.
func VideosDir() string {
	if dir := xdg.UserDirs.Videos; dir != "" {
		return dir
	}
	return os.TempDir()
}

// StateDir is where Tally keeps what it has to know again after a crash:
// $XDG_STATE_HOME/tally on Linux.
func StateDir() string { return filepath.Join(xdg.StateHome, "tally") }
