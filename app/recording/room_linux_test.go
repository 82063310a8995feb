package recording

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"tally/app/disk"
	"tally/encoder"
)

// TestEndsBeforeTheDiskIsFull records to a small disk, which it may not fill: the
// file gets its index, and needs no repair. Also when all comes at once, as from the
// queue of a disk that was stuck.
func TestEndsBeforeTheDiskIsFull(t *testing.T) {
	live := func(t *testing.T, s *show, r *Recording) error {
		return untilItEnds(t, s, r, 40*fps, time.Second/(4*fps)) // four times as fast as a show
	}
	atOnce := func(t *testing.T, s *show, r *Recording) error {
		for range 20 * fps {
			s.frame(t, into(r))
		}
		return running(t, r)()
	}
	for _, name := range kinds {
		t.Run(name, func(t *testing.T) { endsBeforeTheDiskIsFull(t, name, live) })
		t.Run(name+" at once", func(t *testing.T) { endsBeforeTheDiskIsFull(t, name, atOnce) })
	}
}

func endsBeforeTheDiskIsFull(t *testing.T, name string, record func(*testing.T, *show, *Recording) error) {
	dir := smallDisk(t, "1m")
	s := newShow(t)
	params := s.params(filepath.Join(dir, name))
	params.Notes, params.Reserve = t.TempDir(), 300<<10
	r, err := New(params)
	if err != nil {
		t.Fatal(err)
	}
	err = record(t, s, r)
	if !errors.Is(err, ErrNoRoom) {
		t.Fatal(err)
	}
	s.frame(t, func(p *encoder.Packet) { r.Write(p); p.Release() })
	if free, err := disk.Free(dir); err != nil || free < 10_000 || r.Status().Free != 0 {
		t.Errorf("%d bytes are left, %v; the status says %d", free, err, r.Status().Free)
	}
	if p := playFile(t, r.Status().Path); p.end("video") < 2 || p.seconds() < p.end("video") {
		t.Errorf("%.2f s can be played, the head says %.2f", p.end("video"), p.seconds())
	}
	if cut, err := Unfinished(params.Notes); len(cut) != 0 || err != nil {
		t.Errorf("unfinished are %+v, %v", cut, err)
	}
}

// TestFullDiskIsRepaired fills a disk that others use too. The file is cut off, is
// found, and needs room for its repair.
func TestFullDiskIsRepaired(t *testing.T) {
	dir := smallDisk(t, "400k")
	s := newShow(t)
	params := s.params(filepath.Join(dir, "show.mkv"))
	params.Notes = t.TempDir()
	r, err := New(params)
	if err != nil {
		t.Fatal(err)
	}
	err = untilItEnds(t, s, r, 60*fps, 0)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error is %v", err)
	}
	cut, err := Unfinished(params.Notes)
	if err != nil || len(cut) != 1 {
		t.Fatalf("unfinished are %+v, %v", cut, err)
	}
	if _, err := Repair(t.Context(), cut[0]); !errors.Is(err, ErrNoRoom) {
		t.Errorf("repair on a full disk: %v", err)
	}
	playFile(t, params.Path) // it is as it was
	if err := syscall.Mount("tally", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	made, err := Repair(t.Context(), cut[0])
	if p := playFile(t, params.Path); err != nil || p.end("video") < 1 || p.seconds() < p.end("video") || made.Path != params.Path {
		t.Errorf("repaired %+v, %v: %.2f s can be played, the head says %.2f", made, err, p.end("video"), p.seconds())
	}
}
