// Package recording writes the show to files on disk, from the packets that the
// encoders made anyway, and looks after those files.
//
//	Write ──> queue (64 MiB; full: drop to the next key frame) ──> Run ──> muxer ──> part 1, part 2, …
//
// Nothing that a disk does reaches the show: Write never waits. What is in the
// file survives: a killed program loses less than a second of it, a power failure
// about a second more, since data are synced to the disk every second. A note in
// a folder of Tally's own says which files are not finished; [Unfinished] finds
// them after a crash, and [Repair] finishes them.
package recording

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"tally/app/disk"
	"tally/capture/libav"
	"tally/encoder"
)

var (
	// ErrFormat says that a file name ends in neither .mkv nor .mp4.
	ErrFormat = errors.New("recordings end in .mkv or .mp4")
	// ErrNoRoom says that a recording was finished before the disk was full.
	ErrNoRoom = errors.New("the disk is almost full")
)

// Params say what is recorded where.
type Params struct {
	Path  string               // must not exist; .mkv is Matroska, .mp4 fragmented MP4
	Video *encoder.VideoConfig // nil: a show without picture
	Audio *encoder.AudioConfig // nil: a show without sound

	// A part that has become this long or large is finished at the next key frame,
	// and the next one begins there, as "name (2)". 0: never.
	SplitAfter time.Duration
	SplitBytes int64

	Notes   string // folder for the note of what is unfinished; empty: none is made
	Reserve int64  // bytes of the disk that are left free; then the recording ends in order
}

// Status is how a recording is doing.
type Status struct {
	Path     string        // of the part that is being written
	Parts    []string      // all files, in order
	Duration time.Duration // of what was written
	Bytes    int64         // size of all files
	Synced   int64         // bytes of the newest part that a power failure cannot take any more
	Queued   int           // bytes that wait for the disk
	Dropped  int           // packets that are missing since the disk was too slow
	Paused   bool
	Free     int64         // bytes that may still be written; -1: not known yet
	Stuck    time.Duration // for so long the disk has not answered
}

// Recording is one show on disk. Run belongs to one goroutine, Write and Switch
// to another; the other methods may be called from any.
type Recording struct {
	params Params
	queue  queue
	create func(path string) (file, error)
	free   func(path string) (int64, error)

	mu     sync.Mutex
	status Status
	marks  []Mark
	gaps   []Gap
	asked  time.Time // of the disk, what it has not answered; zero: nothing
}

// file is what a recording needs of an [os.File].
type file interface {
	Write([]byte) (int, error)
	Seek(offset int64, whence int) (int64, error)
	Truncate(size int64) error
	SyncData() error
	Close() error
}

// New prepares a recording, and touches no disk. It fails with [ErrFormat].
func New(p Params) (*Recording, error) {
	if _, err := format(p.Path); err != nil {
		return nil, fmt.Errorf("recording: %s: %w", filepath.Base(p.Path), err)
	}
	if p.Video == nil && p.Audio == nil {
		return nil, errors.New("recording: neither picture nor sound")
	}
	r := &Recording{params: p, create: create, free: disk.Free, status: Status{Path: p.Path, Free: -1}}
	r.queue.init(p.Video != nil)
	return r, nil
}

// format chooses the muxer.
func format(path string) (libav.MuxSetup, error) {
	// How much lies in memory, unfinished: a kill loses that much, and what the
	// encoder holds.
	const unfinished = 300 * time.Millisecond
	switch strings.ToLower(filepath.Ext(path)) {
	case ".mkv":
		return libav.MuxSetup{Format: "matroska", Options: []string{fmt.Sprint("cluster_time_limit=", unfinished.Milliseconds())}}, nil
	case ".mp4":
		flags := "frag_keyframe+empty_moov+default_base_moof"
		if libav.HasMuxerFlag("mp4", "movflags", "hybrid_fragmented") {
			flags = "hybrid_fragmented+frag_keyframe+default_base_moof" // becomes a plain MP4 at the end
		}
		return libav.MuxSetup{Format: "mp4", Options: []string{"movflags=" + flags, fmt.Sprint("frag_duration=", unfinished.Microseconds())}}, nil
	}
	return libav.MuxSetup{}, ErrFormat
}

// Write adds a packet. It never waits, and takes a reference of its own. When the
// disk is so slow that the queue is full, pictures are left out up to the next
// key frame, and counted.
func (r *Recording) Write(p *encoder.Packet) { r.queue.put(p) }

// Switch says that pictures come from another encoder, from the next key frame on.
// When its parameter sets are others than before, a new part begins there.
func (r *Recording) Switch(v encoder.VideoConfig) { r.queue.switchTo(v) }

// Pause leaves out what comes from now on. Files have no hole there: time stands
// still.
func (r *Recording) Pause() { r.queue.pause(true) }

// Resume goes on at the next key frame.
func (r *Recording) Resume() { r.queue.pause(false) }

// Mark sets a chapter mark.
func (r *Recording) Mark(m Mark) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.marks) < marksMost {
		r.marks = append(r.marks, m)
	}
}

// OffAir takes all times at which viewers did not get the show, instead of those
// that were given before.
func (r *Recording) OffAir(all []Gap) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gaps = slices.Clone(all[:min(len(all), marksMost)])
}

// Finish says that nothing more comes. Run then writes what waits and the index,
// and returns.
func (r *Recording) Finish() { r.queue.end() }

// Status is how the recording is doing now.
func (r *Recording) Status() Status {
	r.mu.Lock()
	s := r.status
	if !r.asked.IsZero() {
		s.Stuck = time.Since(r.asked)
	}
	r.mu.Unlock()
	s.Queued, s.Dropped, s.Paused = r.queue.state()
	return s
}

// Run creates the file and writes packets from the first key frame on, until
// Finish was called; then it returns nil, and the file has its index. When ctx
// ends, it leaves out what still waits, writes the index and returns ctx.Err().
// When no more than Reserve is free, it does the same and returns [ErrNoRoom]. A
// recording that never saw a key frame leaves no file behind.
//
// Errors unwrap to what the operating system said: [fs.ErrExist] (a file is never
// overwritten), [fs.ErrPermission], [fs.ErrNotExist] (no such folder),
// syscall.ENOSPC and the like. What was written until then stays, and plays.
//
// Run may be stuck in the operating system for as long as a disk does not answer:
// whoever ends a show must not wait for it without a deadline.
func (r *Recording) Run(ctx context.Context) error {
	defer r.queue.close()
	s := series{r: r, video: r.params.Video}
	err := s.open(r.params.Path)
	if err != nil {
		return r.failed("create", err)
	}
	err = s.copy(ctx)
	if errors.Is(err, ctx.Err()) || errors.Is(err, ErrNoRoom) {
		err = errors.Join(err, s.finish())
	}
	if e := s.close(); err == nil {
		err = e
	}
	switch {
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return ctx.Err()
	case err != nil:
		return r.failed("write", err)
	}
	return nil
}

func (r *Recording) failed(step string, err error) error {
	// The path is said once, by its last part.
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return fmt.Errorf("recording: %s %s: %w", step, filepath.Base(r.params.Path), err)
}
