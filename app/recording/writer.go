package recording

import (
	"io"
	"os"
	"time"

	"tally/capture/libav"
	"tally/encoder"
)

// writer gives packets to the muxer, from the first key frame on, with times that
// begin at zero.
type writer struct {
	mux          *libav.Muxer
	out          *counted
	video, audio bool

	began    bool
	segments []segment // how moments of the show become times of the file
	start    time.Duration
	end      time.Duration // of what was written; this and start are times of the file
	length   time.Duration // what lies between
	last     [2]time.Duration
	early    []*encoder.Packet // sound that came before the picture it belongs to
}

// earlyMost bounds the sound that waits for the first key frame, in packets: the
// encoder of the picture is later than that of the sound, by its look-ahead.
const earlyMost = 256

// write writes a packet. Its reference stays the caller's.
func (w *writer) write(p *encoder.Packet) error {
	if p.Track == encoder.VideoTrack && !w.video || p.Track == encoder.AudioTrack && !w.audio {
		return nil
	}
	if !w.began {
		if w.video && p.Track == encoder.AudioTrack {
			if len(w.early) == earlyMost {
				w.early[0].Release()
				w.early = append(w.early[:0], w.early[1:]...)
			}
			w.early = append(w.early, p.Retain())
			return nil
		}
		// B-frames make the first DTS earlier than the first PTS; files begin at zero with
		// the former, so that no player sees a negative time.
		w.began, w.segments = true, []segment{{p.PTS, p.DTS}}
		w.start = p.PTS - p.DTS
		w.last = [2]time.Duration{-1, -1}
		defer w.forget()
		for _, e := range w.early {
			if err := w.put(e); err != nil {
				return err
			}
		}
	}
	return w.put(p)
}

// from is the moment of the show with which the file begins.
func (w *writer) from() time.Duration {
	if len(w.segments) == 0 {
		return 0
	}
	return w.segments[0].from
}

// resume lets p, the first packet after a pause, follow what was written before.
func (w *writer) resume(p *encoder.Packet) {
	if w.began {
		w.segments = append(w.segments, segment{p.PTS, p.PTS - w.end})
	}
}

func (w *writer) put(p *encoder.Packet) error {
	now := w.segments[len(w.segments)-1]
	if p.Track == encoder.AudioTrack && p.PTS < now.from {
		return nil
	}
	// After a pause, or another encoder's look-ahead, the order of decoding must
	// still go forward, by at least a tick of either format.
	pts, dts, last := p.PTS-now.zero, p.DTS-now.zero, &w.last[p.Track]
	if dts <= *last {
		dts = *last + time.Millisecond
		pts = max(pts, dts)
	}
	*last = dts
	if err := w.mux.Write(p.Track == encoder.VideoTrack, p.Data, pts, dts, p.Duration, p.Key); err != nil {
		return err
	}
	w.out.whole = w.out.size // the muxer writes a cluster or fragment in one go
	w.end = max(w.end, pts+p.Duration)
	w.length = w.end - w.start
	return nil
}

// forget releases the sound that waits.
func (w *writer) forget() {
	for _, p := range w.early {
		p.Release()
	}
	w.early = nil
}

// counted knows how large a file is.
type counted struct {
	file
	at, size, synced int64
	whole            int64 // up to here it is made of complete clusters or fragments
}

func (c *counted) Write(b []byte) (int, error) {
	n, err := c.file.Write(b)
	c.at += int64(n)
	c.size = max(c.size, c.at)
	return n, err
}

func (c *counted) Seek(offset int64, whence int) (int64, error) {
	at, err := c.file.Seek(offset, whence)
	if err == nil {
		c.at = at
	}
	return at, err
}

func (c *counted) sync() error {
	if c.synced == c.size {
		return nil
	}
	if err := c.file.SyncData(); err != nil {
		return err
	}
	c.synced = c.size
	return nil
}

// diskFile is a file on a disk.
type diskFile struct{ *os.File }

var _ io.WriteSeeker = diskFile{}

// create makes a file that was not there before.
func create(path string) (file, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syncFolder(path); err != nil { // else a power failure takes the name with it
		f.Close()
		os.Remove(path)
		return nil, err
	}
	return diskFile{f}, nil
}

func (f diskFile) SyncData() error { return syncData(f.File) }
