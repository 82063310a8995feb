package app

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"

	"tally/app/recording"
	"tally/app/replay"
	"tally/encoder"
)

// tape keeps a show on this machine: in files, and its last seconds in memory.
// The fan-out writes; the other methods may be called from anywhere.
type tape struct {
	writing *sync.WaitGroup // recordings that a slow disk keeps open; the studio waits for them

	mu      sync.Mutex
	tracks  recording.Params // what the next recording begins with
	take    *take            // nil: nothing is recorded
	last    *take            // the newest, also when it is over
	gaps    []recording.Gap
	replay  *replay.Buffer
	seconds int // that replay was made for
	closed  bool
}

// take is one recording of a show: there can be several, one after the other.
type take struct {
	*recording.Recording
	done chan struct{} // closed when its file is

	mu    sync.Mutex
	err   *recordError // why it has stopped
	rates [2]reading   // to see how fast it grows
}

// reading is the size of a recording at one moment.
type reading struct {
	at    time.Time
	bytes int64
}

// begin starts a recording. Its file begins with the next key frame.
func (t *tape) begin(rec *recording.Recording) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.take != nil || t.closed {
		return
	}
	k := &take{Recording: rec, done: make(chan struct{})}
	k.OffAir(t.gaps)
	if t.tracks.Video != nil {
		k.Switch(*t.tracks.Video) // it may be another since the file was prepared
	}
	t.take, t.last = k, k
	t.writing.Add(1)
	go t.run(k)
}

// fail notes that a recording could not begin.
func (t *tape) fail(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.take == nil {
		t.last = &take{done: make(chan struct{}), err: &recordError{err}}
		close(t.last.done)
	}
}

// run writes a recording. A disk may keep it for longer than END may take.
func (t *tape) run(k *take) {
	defer t.writing.Done()
	defer close(k.done)
	err := k.Run(context.Background()) // end ends it
	if err != nil {
		k.fail(err)
	}
	t.mu.Lock()
	if t.take == k {
		t.take = nil
	}
	t.mu.Unlock()
}

func (k *take) fail(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil || errors.Is(k.err, errSlowDisk) {
		k.err = &recordError{err}
	}
}

// end finishes the recording, if there is one.
func (t *tape) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.take != nil {
		t.take.Finish()
		t.take = nil
	}
}

// close ends the tape with the show. It waits for the disk, but not for long.
func (t *tape) close() {
	t.end()
	t.mu.Lock()
	t.closed = true
	last := t.last
	t.mu.Unlock()
	t.keepReplay(0)
	if last == nil {
		return
	}
	select {
	case <-last.done:
	case <-time.After(endPatience):
		last.fail(errSlowDisk)
	}
}

// records tells whether a recording is running.
func (t *tape) records() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.take != nil
}

// write takes a packet, and retains what it keeps.
func (t *tape) write(p *encoder.Packet) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.take != nil {
		t.take.Write(p)
	}
	if t.replay != nil {
		t.replay.Write(p)
	}
}

// change says that pictures come from another encoder from here on.
func (t *tape) change(v encoder.VideoConfig) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if same := t.tracks.Video != nil && string(t.tracks.Video.Record) == string(v.Record); !same && t.replay != nil {
		t.replay.Forget() // a file has one set of parameters
	}
	t.tracks.Video = &v
	if t.take != nil {
		t.take.Switch(v)
	}
}

// params describe the tracks to a new file.
func (t *tape) params() recording.Params {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.tracks
}

func (t *tape) pause(on bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.take == nil:
	case on:
		t.take.Pause()
	default:
		t.take.Resume()
	}
}

func (t *tape) mark(m recording.Mark) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.take != nil {
		t.take.Mark(m)
	}
}

// offAir says when viewers did not get the show.
func (t *tape) offAir(all []recording.Gap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.gaps = all
	if t.take != nil {
		t.take.OffAir(all)
	}
}

// replayMost bounds the memory for a replay, in bytes.
const replayMost = 512 << 20

// keepReplay remembers the last seconds from now on; 0: none.
func (t *tape) keepReplay(seconds int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seconds == seconds {
		return
	}
	if t.replay != nil {
		t.replay.Forget()
		t.replay = nil
	}
	if t.seconds = seconds; seconds > 0 && !t.closed {
		t.replay = replay.New(time.Duration(seconds)*time.Second, replayMost, t.tracks.Video != nil)
	}
}

// remembered are the packets of the replay, each with a reference.
func (t *tape) remembered() ([]*encoder.Packet, recording.Params) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.replay == nil {
		return nil, t.tracks
	}
	return t.replay.Packets(), t.tracks
}

// openRecording looks whether the file can be made, so that a mistake is told
// before the show is on air. The file itself begins with the first key frame.
func openRecording(p recording.Params) (*recording.Recording, error) {
	if _, err := os.Stat(filepath.Dir(p.Path)); err != nil {
		return nil, err
	}
	if _, err := os.Lstat(p.Path); err == nil {
		return nil, os.ErrExist
	}
	return recording.New(p)
}
