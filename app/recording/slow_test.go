package recording

import (
	"math"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"tally/encoder"
)

// slowFile is a disk that does not answer for a while.
type slowFile struct {
	file
	stall *atomic.Bool
}

func (f slowFile) Write(b []byte) (int, error) {
	for f.stall.Load() {
		time.Sleep(5 * time.Millisecond)
	}
	return f.file.Write(b)
}

// TestDiskStalls stops the disk. Nothing is lost while the queue has room, Write
// does not wait, and the file is whole in the end.
func TestDiskStalls(t *testing.T) {
	s := newShow(t)
	path := filepath.Join(t.TempDir(), "show.mkv")
	r, err := New(s.params(path))
	if err != nil {
		t.Fatal(err)
	}
	var stall atomic.Bool
	r.create = func(path string) (file, error) {
		f, err := create(path)
		return slowFile{f, &stall}, err
	}
	stop := running(t, r)
	slowest := time.Duration(0)
	emit := func(p *encoder.Packet) {
		began := time.Now()
		r.Write(p)
		slowest = max(slowest, time.Since(began))
		p.Release()
	}
	for n := range 20 * fps {
		stall.Store(n >= 2*fps && n < 18*fps)
		s.frame(t, emit)
	}
	s.flush(t, emit)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if slowest > 500*time.Millisecond { // the disk stood still for longer, even on a busy machine
		t.Errorf("Write took %v", slowest)
	}
	if p := playFile(t, path); len(p.frames["video"]) != 20*fps || r.Status().Dropped != 0 {
		t.Errorf("%d pictures, %d dropped", len(p.frames["video"]), r.Status().Dropped)
	}
}

// countingFile counts how often data were forced to the disk.
type countingFile struct {
	file
	n *atomic.Int32
}

func (f countingFile) SyncData() error {
	f.n.Add(1)
	return f.file.SyncData()
}

// TestSyncs records in real time, and holds that the disk has nearly all of it.
func TestSyncs(t *testing.T) {
	s := newShow(t)
	r, err := New(s.params(filepath.Join(t.TempDir(), "show.mkv")))
	if err != nil {
		t.Fatal(err)
	}
	var syncs atomic.Int32
	r.create = func(path string) (file, error) {
		f, err := create(path)
		return countingFile{f, &syncs}, err
	}
	stop := running(t, r)
	began := time.Now()
	var half Status
	for n := range 4 * fps {
		time.Sleep(time.Until(began.Add(time.Duration(n) * time.Second / fps)))
		s.frame(t, into(r))
		if n == 2*fps {
			half = r.Status()
		}
	}
	if n, st := syncs.Load(), r.Status(); n < 3 || float64(n) > time.Since(began).Seconds()+1 || half.Synced == 0 || st.Synced < half.Bytes {
		t.Errorf("%d syncs; after two seconds %+v, in the end %+v", n, half, st)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestQueueOverflows fills the queue. What is left out must end at a key frame,
// sound must stay, and all that is missing must be counted.
func TestQueueOverflows(t *testing.T) {
	var q queue
	q.init(true)
	var put, taken, keys int
	packet := func(key bool, track encoder.Track) *encoder.Packet {
		return &encoder.Packet{Track: track, Key: key, Data: make([]byte, 1<<20)}
	}
	add := func(p *encoder.Packet) {
		p.Retain() // the test's own
		q.put(p)
		put++
	}
	add(packet(false, encoder.VideoTrack)) // before the first key frame: left out, not missing
	for n := range 100 {
		add(packet(n%10 == 0, encoder.VideoTrack))
	}
	add(packet(true, encoder.AudioTrack))
	all, _ := q.take(nil)
	bytes, dropped, _ := q.state()
	if bytes > queueMost+soundMost || len(all) != 65 || dropped != 36 {
		t.Errorf("%d packets with %d bytes wait, %d dropped", len(all), bytes, dropped)
	}
	if all[len(all)-1].Track != encoder.AudioTrack {
		t.Error("sound was left out although there was room for it")
	}
	for _, p := range all {
		q.done(p.Packet)
	}
	taken += len(all)
	for n := range 12 {
		add(packet(n == 5, encoder.VideoTrack))
	}
	all, _ = q.take(all)
	if len(all) != 7 || !all[0].Key {
		t.Errorf("after the gap come %d packets, the first key: %t", len(all), len(all) > 0 && all[0].Key)
	}
	for _, p := range all {
		if p.Key {
			keys++
		}
		q.done(p.Packet)
	}
	taken += len(all)
	if _, dropped, _ := q.state(); dropped != put-1-taken || keys != 1 {
		t.Errorf("%d dropped of %d, %d taken", dropped, put, taken)
	}
	q.close()
	q.put(packet(true, encoder.VideoTrack))
	if bytes, _, _ := q.state(); bytes != 0 {
		t.Errorf("a closed queue keeps %d bytes", bytes)
	}
}

// TestPlaysAfterOverflow records over a real gap, and decodes it.
func TestPlaysAfterOverflow(t *testing.T) {
	for _, name := range kinds {
		s := newShow(t)
		path := filepath.Join(t.TempDir(), name)
		r, stop := start(t, s.params(path))
		for n := range 10 * fps {
			if n == 100 {
				r.queue.mu.Lock()
				r.queue.bytes += queueMost // no room
				r.queue.mu.Unlock()
			}
			if n == 150 {
				r.queue.mu.Lock()
				r.queue.bytes -= queueMost
				r.queue.mu.Unlock()
			}
			s.frame(t, into(r))
		}
		s.flush(t, into(r))
		if err := stop(); err != nil {
			t.Fatal(err)
		}
		p := playFile(t, path)
		missing := r.Status().Dropped
		if missing < 40 || missing > 80 || len(p.frames["video"])+missing != 10*fps {
			t.Errorf("%s: %d pictures and %d dropped of %d", name, len(p.frames["video"]), missing, 10*fps)
		}
		if n := len(p.frames["audio"]); n < 10*48000/1024 {
			t.Errorf("%s: %d packets of sound", name, n)
		}
		if d := p.end("video") - p.end("audio"); math.Abs(d) > .08 {
			t.Errorf("%s: picture ends at %v, sound at %v", name, p.end("video"), p.end("audio"))
		}
	}
}
