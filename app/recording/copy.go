package recording

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"tally/app/disk"
	"tally/capture/libav"
)

// Made is a file that was made of another one.
type Made struct {
	Path     string
	Duration time.Duration
}

// ErrNothingThere says that a file holds no picture and no sound.
var ErrNothingThere = errors.New("nothing was recorded")

// Repair finishes a file that was cut off: what is whole of it is written anew,
// with an index and the chapters that are known, and takes its place at once. The
// file is as it was until then, so a crash during Repair does no harm. It needs
// as much room again ([ErrNoRoom]). A file in which there is nothing is removed
// ([ErrNothingThere]).
func Repair(ctx context.Context, c Cut) (Made, error) {
	if _, err := os.Stat(c.Path); err != nil {
		return Made{}, failedAt("repair", c.Path, err)
	}
	tmp := filepath.Join(filepath.Dir(c.Path), "."+strings.TrimSuffix(filepath.Base(c.Path), filepath.Ext(c.Path))+".repair"+filepath.Ext(c.Path))
	if err := os.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a repair that was cut off itself
		return Made{}, failedAt("repair", c.Path, err)
	}
	made, err := duplicate(ctx, c.Path, tmp, 0, 0, c.Chapters)
	if err == nil {
		err = os.Rename(tmp, c.Path)
	}
	switch {
	case errors.Is(err, ErrNothingThere):
		if e := errors.Join(os.Remove(c.Path), os.Remove(c.note)); e != nil {
			err = e
		}
		return Made{}, failedAt("repair", c.Path, err)
	case err != nil:
		return Made{}, failedAt("repair", c.Path, err)
	}
	if err := errors.Join(syncFolder(c.Path), os.Remove(c.note)); err != nil {
		return Made{}, failedAt("repair", c.Path, err)
	}
	return Made{c.Path, made}, nil
}

// Remux writes what is in a recording into a plain MP4 file of the same name, which
// every player and editor opens. Nothing is encoded again.
func Remux(ctx context.Context, path string) (Made, error) {
	to := vacant(strings.TrimSuffix(path, filepath.Ext(path)) + ".mp4")
	made, err := duplicate(ctx, path, to, 0, 0, nil)
	if err != nil {
		return Made{}, failedAt("remux", path, err)
	}
	return Made{to, made}, nil
}

// Missed lists the parts of a recording that viewers did not get, by its chapters.
// Times are those of the file.
func Missed(path string) ([]Gap, error) {
	d, err := libav.OpenDemuxer(path)
	if err != nil {
		return nil, failedAt("look into", path, err)
	}
	defer d.Close()
	var all []Gap
	for _, c := range d.Chapters() {
		if cause, ok := strings.CutPrefix(c.Title, offAir); ok && c.End > c.Start {
			all = append(all, Gap{From: c.Start, Until: c.End, Cause: strings.TrimPrefix(cause, ": ")})
		}
	}
	return all, nil
}

// ExportMissed writes each of the gaps in a recording into a plain MP4 file of its
// own, "name missed 1.mp4", from the key frame before it on.
func ExportMissed(ctx context.Context, path string, gaps []Gap) ([]Made, error) {
	var all []Made
	for n, g := range gaps {
		to := vacant(fmt.Sprintf("%s missed %d.mp4", strings.TrimSuffix(path, filepath.Ext(path)), n+1))
		made, err := duplicate(ctx, path, to, g.From, g.Until, nil)
		if err != nil {
			return all, failedAt("export from", path, err)
		}
		all = append(all, Made{to, made})
	}
	return all, nil
}

// vacant finds a name that no file has.
func vacant(path string) string {
	ext := filepath.Ext(path)
	try := path
	for n := 2; ; n++ {
		if _, err := os.Lstat(try); err != nil {
			return try
		}
		try = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(path, ext), n, ext)
	}
}

// plain is how an MP4 file is written that nobody records into.
var plain = libav.MuxSetup{Format: "mp4"}

// spare is what a copy leaves free of a disk, in bytes.
const spare = 16 << 20

// duplicate copies a file's packets, from the key frame at or before from until
// until (0: the end), into a new file, which is removed when that fails. Without
// chapters it takes the file's own, unless it takes a part only.
func duplicate(ctx context.Context, path, to string, from, until time.Duration, c []libav.Chapter) (_ time.Duration, err error) {
	if info, err := os.Stat(path); err != nil {
		return 0, err
	} else if free, err := disk.Free(to); err == nil && until == 0 && free < info.Size()+spare {
		return 0, ErrNoRoom
	}
	in, err := libav.OpenDemuxer(path)
	switch {
	case errors.Is(err, libav.ErrInvalidData), errors.Is(err, io.EOF):
		return 0, ErrNothingThere // not even a head
	case err != nil:
		return 0, err
	}
	defer in.Close()
	defer context.AfterFunc(ctx, in.Interrupt)()
	if c == nil && until == 0 {
		c = in.Chapters()
	}
	if from > 0 {
		if err := in.Seek(from); err != nil {
			return 0, err
		}
	}
	setup, _ := format(to)
	if setup.Format == "mp4" {
		setup = plain
	}
	setup.Video, setup.Audio = in.Video(), in.Audio()
	f, err := create(to)
	if err != nil {
		return 0, err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
		if err != nil {
			os.Remove(to)
		}
	}()
	out, err := libav.NewMuxer(f, setup)
	if err != nil {
		return 0, err
	}
	defer out.Close()
	length, err := pump(ctx, in, out, until)
	if err != nil {
		return 0, err
	}
	for _, c := range c {
		if c.Start < length {
			c.End = min(max(c.End, c.Start), length)
			if err := out.Chapter(c); err != nil {
				return 0, err
			}
		}
	}
	if err := out.Finish(); err != nil {
		return 0, err
	}
	return length, f.SyncData()
}

// pump copies packets, and tells how long what it copied is.
func pump(ctx context.Context, in *libav.Demuxer, out *libav.Muxer, until time.Duration) (time.Duration, error) {
	var p libav.Demuxed
	var last [2]time.Duration // DTS in the new file, of sound and picture
	var began [2]bool
	zero, end := libav.Unknown, time.Duration(0)
	video := in.Video() != nil
	over := [2]bool{!video || in.Audio() == nil, !video} // what comes after until, of each track
	for {
		switch err := in.Next(&p); {
		case err == io.EOF && zero != libav.Unknown:
			return end, nil
		case err == io.EOF:
			return 0, ErrNothingThere
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case err != nil:
			return 0, err
		}
		track := 0
		if p.Video {
			track = 1
		}
		if p.PTS == libav.Unknown {
			continue
		}
		if until > 0 && p.PTS >= until && (!p.Video || p.DTS >= until) {
			if over[track] = true; over[0] && over[1] {
				return end, nil
			}
			continue
		}
		if zero == libav.Unknown {
			if video && !p.Video || video && !p.Key {
				continue // a file begins with a picture
			}
			zero = p.PTS
			if p.DTS != libav.Unknown {
				zero = min(zero, p.DTS)
			}
			zero = max(0, zero)
			if until == 0 {
				zero = 0 // chapters stay where they are
			}
		}
		pts, dts := p.PTS-zero, p.DTS-zero
		if p.DTS == libav.Unknown || began[track] && dts <= last[track] {
			dts = last[track] + 100*time.Microsecond // Matroska does not tell, and rounds
		}
		if !began[track] && p.DTS == libav.Unknown {
			dts = pts
		}
		if pts < dts {
			pts = dts
		}
		if pts < 0 {
			continue // sound before the picture
		}
		began[track], last[track] = true, dts
		if err := out.Write(p.Video, p.Data, pts, dts, p.Duration, p.Key); err != nil {
			return 0, err
		}
		end = max(end, pts+p.Duration)
	}
}

func failedAt(step, path string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return fmt.Errorf("recording: %s %s: %w", step, filepath.Base(path), err)
}
