// Package recording writes the show to a file on disk, from the packets that the
// encoders made anyway.
//
//	Write ──> queue (64 MiB; full: drop to the next key frame) ──> Run ──> muxer ──> file
//
// Nothing that a disk does reaches the show: Write never waits. What is in the
// file survives: a killed program loses less than a second of it, a power failure
// about a second more, since data are synced to the disk every second.
package recording

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"tally/capture/libav"
	"tally/encoder"
)

// ErrFormat says that a file name ends in neither .mkv nor .mp4.
var ErrFormat = errors.New("recordings end in .mkv or .mp4")

// Params say what is recorded where.
type Params struct {
	Path  string               // must not exist; .mkv is Matroska, .mp4 fragmented MP4
	Video *encoder.VideoConfig // nil: a show without picture
	Audio *encoder.AudioConfig // nil: a show without sound
}

// Status is how a recording is doing.
type Status struct {
	Path     string
	Duration time.Duration // of what was written
	Bytes    int64         // size of the file
	Synced   int64         // bytes that a power failure cannot take any more
	Queued   int           // bytes that wait for the disk
	Dropped  int           // packets that are missing since the disk was too slow
}

// Recording is one file. Run belongs to one goroutine; Write, Finish and Status
// may be called from any.
type Recording struct {
	params Params
	queue  queue
	create func(path string) (file, error)

	mu     sync.Mutex
	status Status
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
	r := &Recording{params: p, create: create, status: Status{Path: p.Path}}
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

// Finish says that nothing more comes. Run then writes what waits and the index,
// and returns.
func (r *Recording) Finish() { r.queue.end() }

// Status is how the recording is doing now.
func (r *Recording) Status() Status {
	r.mu.Lock()
	s := r.status
	r.mu.Unlock()
	s.Queued, s.Dropped = r.queue.state()
	return s
}

// Run creates the file and writes packets from the first key frame on, until
// Finish was called; then it returns nil, and the file has its index. When ctx
// ends, it leaves out what still waits, writes the index and returns ctx.Err().
// A recording that never saw a key frame leaves no file behind.
//
// Errors unwrap to what the operating system said: [fs.ErrExist] (a file is never
// overwritten), [fs.ErrPermission], [fs.ErrNotExist] (no such folder),
// syscall.ENOSPC and the like. What was written until then stays, and plays.
//
// Run may be stuck in the operating system for as long as a disk does not answer:
// whoever ends a show must not wait for it without a deadline.
func (r *Recording) Run(ctx context.Context) error {
	defer r.queue.close()
	setup, err := format(r.params.Path)
	if err != nil {
		return err
	}
	f, err := r.create(r.params.Path)
	if err != nil {
		return r.failed("create", err)
	}
	out := &counted{file: f}
	w, err := r.begin(out, setup)
	if err == nil {
		err = r.copy(ctx, w)
		w.mux.Close()
	}
	if err != nil && ctx.Err() == nil {
		// The end is half a cluster or fragment, which players would stumble over.
		if f.Truncate(out.whole) == nil {
			out.size = out.whole
		}
	}
	if e := f.SyncData(); err == nil && e != nil {
		err = e
	}
	if e := f.Close(); err == nil && e != nil {
		err = e
	}
	if w == nil || !w.began {
		os.Remove(r.params.Path)
	}
	r.note(w, out)
	switch {
	case ctx.Err() != nil && (err == nil || errors.Is(err, ctx.Err())):
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

func (r *Recording) begin(out *counted, setup libav.MuxSetup) (*writer, error) {
	if v := r.params.Video; v != nil {
		setup.Video = &libav.VideoTrack{Width: v.Width, Height: v.Height, FPS: v.FPS, Bitrate: v.Bitrate, Record: v.Record}
	}
	if a := r.params.Audio; a != nil {
		setup.Audio = &libav.AudioTrack{Rate: a.Rate, Channels: a.Channels, Bitrate: a.Bitrate, FrameSize: a.FrameSize, Record: a.Record}
	}
	mux, err := libav.NewMuxer(out, setup)
	if err != nil {
		return nil, err
	}
	return &writer{mux: mux, out: out, video: r.params.Video != nil, audio: r.params.Audio != nil}, nil
}

// syncEach is how often data are forced to the disk.
const syncEach = time.Second

// copy writes packets until there are no more, and the index.
func (r *Recording) copy(ctx context.Context, w *writer) error {
	tick := time.NewTicker(syncEach)
	defer tick.Stop()
	defer w.forget()
	var batch []*encoder.Packet
	for {
		var ended bool
		batch, ended = r.queue.take(batch)
		for i, p := range batch {
			err := w.write(p)
			r.queue.done(p)
			if err == nil && ctx.Err() != nil {
				err = w.finish()
			} else if err == nil {
				continue
			}
			for _, p := range batch[i+1:] {
				r.queue.done(p)
			}
			return errors.Join(err, ctx.Err())
		}
		r.note(w, w.out)
		if ended && len(batch) == 0 {
			return w.finish()
		}
		if len(batch) > 0 && len(tick.C) == 0 {
			continue
		}
		select {
		case <-r.queue.wake:
		case <-tick.C:
			if err := w.sync(); err != nil {
				return err
			}
		case <-ctx.Done():
			return errors.Join(w.finish(), ctx.Err())
		}
	}
}

func (r *Recording) note(w *writer, out *counted) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Bytes, r.status.Synced = out.size, out.synced
	if w != nil {
		r.status.Duration = w.length
	}
}
