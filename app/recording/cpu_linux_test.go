package recording

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tally/encoder"
)

// BenchmarkCPU records ten seconds of 6 Mbit/s in each op, and tells how much of a
// core that is. More than 2 % is too much.
func BenchmarkCPU(b *testing.B) {
	const rate, seconds = 6_000_000, 10
	s := newShow(b)
	var sound []*encoder.Packet
	s.audio.Flush(func(p *encoder.Packet) { p.Release() })
	for n := range seconds * 48000 / 1024 {
		at := time.Duration(n) * 1024 * time.Second / 48000
		sound = append(sound, (&encoder.Packet{Track: encoder.AudioTrack, PTS: at, DTS: at, Duration: 1024 * time.Second / 48000, Key: true, Data: make([]byte, 427)}).Retain())
	}
	var packets []*encoder.Packet
	for n := range seconds * fps {
		at := time.Duration(n) * time.Second / fps
		for len(sound) > 0 && sound[0].PTS <= at {
			packets, sound = append(packets, sound[0]), sound[1:]
		}
		size := rate / 8 / fps * 9 / 10
		if n%(2*fps) == 0 {
			size *= 6
		}
		packets = append(packets, (&encoder.Packet{Track: encoder.VideoTrack, PTS: at, DTS: at, Duration: time.Second / fps, Key: n%(2*fps) == 0, Data: make([]byte, size)}).Retain())
	}
	params := s.params(filepath.Join(b.TempDir(), "show.mkv"))
	params.Notes, params.SplitBytes = b.TempDir(), 1<<30
	r, stop := start(b, params)
	began, media := used(b), 0.
	for b.Loop() {
		for _, p := range packets {
			r.Write(p)
			p.PTS += seconds * time.Second
			p.DTS += seconds * time.Second
			if r.Status().Queued > 8<<20 {
				time.Sleep(10 * time.Millisecond)
			}
		}
		for r.Status().Queued > 0 { // packets are changed above
			time.Sleep(time.Millisecond)
		}
		media += seconds
	}
	if err := stop(); err != nil {
		b.Fatal(err)
	}
	share := 100 * (used(b) - began).Seconds() / media
	b.ReportMetric(share, "%core")
	if share > 2 {
		b.Errorf("recording takes %.2f %% of a core", share)
	}
}

// used is the processor time of this process so far.
func used(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
