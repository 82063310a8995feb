package recording

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tally/capture/libav"
	"tally/encoder"
)

// series writes the parts of a recording, one after the other. It belongs to Run.
type series struct {
	r        *Recording
	video    *encoder.VideoConfig // of the part that is being written
	cur      *part
	prev     *part         // the part before, until its last sound has come
	parts    []string      // all that were opened
	bytes    int64         // of those that are closed
	duration time.Duration // of those
	room     int64         // bytes that may still come before it is looked how much is free
}

// syncEach is how often data are forced to the disk.
const syncEach = time.Second

// copy writes packets until there are no more, and the index.
func (s *series) copy(ctx context.Context) error {
	tick := time.NewTicker(syncEach)
	defer tick.Stop()
	var batch []item
	for {
		var ended bool
		batch, ended = s.r.queue.take(batch)
		for n, i := range batch {
			err := s.write(i)
			s.r.queue.done(i.Packet)
			if err == nil && ctx.Err() == nil {
				continue
			}
			for _, i := range batch[n+1:] {
				s.r.queue.done(i.Packet)
			}
			return errors.Join(err, ctx.Err())
		}
		s.report()
		if ended && len(batch) == 0 {
			return s.finish()
		}
		if len(batch) > 0 && len(tick.C) == 0 {
			continue
		}
		select {
		case <-s.r.queue.wake:
		case <-tick.C:
			if err := s.sync(); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// write writes a packet, into the part that it belongs to.
func (s *series) write(i item) error {
	if s.room -= int64(len(i.Data)); s.room < 0 { // a queue that has waited comes all at once
		if err := s.sync(); err != nil {
			return err
		}
	}
	s.ask(true)
	defer s.ask(false)
	begins := i.Track == encoder.VideoTrack && i.Key || s.video == nil
	other := i.video != nil && (s.video == nil || !bytes.Equal(i.video.Record, s.video.Record))
	if begins && other && !s.cur.began {
		if err := s.again(i.video); err != nil {
			return err
		}
	} else if s.cur.began && begins && (other || s.full(i.Duration)) {
		if err := s.next(i.video); err != nil {
			return err
		}
	} else if i.cut {
		s.cur.resume(i.Packet)
	}
	if s.prev != nil && s.cur.began {
		if i.Track == encoder.AudioTrack && i.PTS < s.cur.from() {
			return s.prev.write(i.Packet)
		}
		if i.Track == encoder.AudioTrack || i.DTS > s.cur.from()+time.Second {
			if err := s.finishPrev(); err != nil {
				return err
			}
		}
	}
	return s.cur.write(i.Packet)
}

// ask notes when the disk was asked for something, and that it has answered.
func (s *series) ask(on bool) {
	s.r.mu.Lock()
	if s.r.asked = (time.Time{}); on {
		s.r.asked = time.Now()
	}
	s.r.mu.Unlock()
}

// full tells that a part is as large as the user wants it, to half a picture.
func (s *series) full(picture time.Duration) bool {
	p := s.r.params
	return p.SplitAfter > 0 && s.cur.length+picture/2 >= p.SplitAfter || p.SplitBytes > 0 && s.cur.out.size >= p.SplitBytes
}

// next begins another part, with the pictures of v, or of the same encoder.
func (s *series) next(v *encoder.VideoConfig) error {
	if err := s.finishPrev(); err != nil {
		return err
	}
	if v != nil {
		s.video = v
	}
	s.prev, s.cur = s.cur, nil
	path := s.r.params.Path
	ext := filepath.Ext(path)
	for n := len(s.parts) + 1; ; n++ {
		err := s.open(fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(path, ext), n, ext))
		if !errors.Is(err, fs.ErrExist) || n > len(s.parts)+100 { // of an older recording, perhaps
			return err
		}
	}
}

// again makes a part anew in which nothing is yet, for the pictures of v.
func (s *series) again(v *encoder.VideoConfig) error {
	old := s.cur
	early := old.early
	old.early = nil
	if err := old.close(); err != nil {
		return err
	}
	s.video, s.parts = v, s.parts[:len(s.parts)-1]
	err := s.open(old.path)
	if err == nil {
		s.cur.early = early
	}
	return err
}

// open begins a part.
func (s *series) open(path string) error {
	setup, err := format(path)
	if err != nil {
		return err
	}
	if v := s.video; v != nil {
		setup.Video = &libav.VideoTrack{Codec: string(v.Codec), Width: v.Width, Height: v.Height, FPS: v.FPS, Bitrate: v.Bitrate, Record: v.Record}
	}
	if a := s.r.params.Audio; a != nil {
		setup.Audio = &libav.AudioTrack{Codec: string(a.Codec), Priming: a.Priming, Rate: a.Rate, Channels: a.Channels, Bitrate: a.Bitrate, FrameSize: a.FrameSize, Record: a.Record}
	}
	s.ask(true)
	defer s.ask(false)
	if s.cur, err = openPart(s.r, path, setup); err != nil {
		return err
	}
	s.parts = append(s.parts, path)
	s.report()
	return nil
}

// sync forces what was written to the disk, and looks how much room is left.
func (s *series) sync() error {
	s.ask(true)
	defer s.ask(false)
	if err := s.cur.sync(s.chapters(s.cur, math.MaxInt64)); err != nil {
		return err
	}
	s.room = math.MaxInt64
	if free, err := s.r.free(s.r.params.Path); err == nil {
		s.room = free - s.r.params.Reserve
		s.r.mu.Lock()
		s.r.status.Free = max(0, s.room)
		s.r.mu.Unlock()
		if s.room < 0 {
			return ErrNoRoom
		}
	}
	s.report()
	return nil
}

// chapters are those of a part that ends at until.
func (s *series) chapters(p *part, until time.Duration) []libav.Chapter {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	return chapters(s.r.marks, s.r.gaps, p.segments, until, p.end)
}

func (s *series) finishPrev() error {
	if s.prev == nil {
		return nil
	}
	p := s.prev
	if err := p.finish(s.chapters(p, s.cur.from())); err != nil {
		return err
	}
	s.prev = nil
	err := p.close()
	s.bytes, s.duration = s.bytes+p.out.size, s.duration+p.length
	return err
}

// finish writes the indexes. Nothing follows.
func (s *series) finish() error {
	s.ask(true)
	defer s.ask(false)
	if err := s.finishPrev(); err != nil {
		return err
	}
	return s.cur.finish(s.chapters(s.cur, math.MaxInt64))
}

// close closes all files. What is not finished keeps its note.
func (s *series) close() error {
	var errs []error
	s.ask(true)
	defer s.ask(false)
	for _, p := range []*part{s.prev, s.cur} {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	s.report()
	return errors.Join(errs...)
}

// report brings the status up to date.
func (s *series) report() {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	st := &s.r.status
	st.Bytes, st.Duration = s.bytes, s.duration
	for _, p := range []*part{s.prev, s.cur} {
		if p != nil {
			st.Bytes += p.out.size
			st.Duration += p.length
			st.Synced, st.Path = p.out.synced, p.path
		}
	}
	if len(st.Parts) != len(s.parts) {
		st.Parts = slices.Clone(s.parts)
	}
}
