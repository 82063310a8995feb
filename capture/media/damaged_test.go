package media

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/capture"
)

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	rng := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 3<<20)
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	good, err := os.ReadFile(flashAndBeep(t, "g.mp4", "1", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"))
	if err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(dir, "fifo.mp4")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	playlist := write("list.m3u8", []byte("#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1:1/a.ts\n#EXT-X-ENDLIST\n"))
	for name, path := range map[string]string{
		"missing": filepath.Join(dir, "none.mp4"), "folder": dir, "empty": write("empty.mp4", nil), "noise": write("noise.mp4", noise),
		"noise ts": write("noise.ts", noise), "text": write("text.mkv", []byte(strings.Repeat("hello ", 1000))), "fifo": fifo,
		"playlist": playlist, "cut before its index": write("cut.mp4", good[:len(good)/2]), "shell": write("x.mp4", []byte("#!/bin/sh\n")),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := Open(path, capture.NewClock(), Options{})
			if !errors.Is(err, capture.ErrUnreadable) {
				t.Errorf("Open: %v", err)
			}
			if name == "missing" && !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Open: %v", err)
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestDamaged plays files with holes, noise and missing ends. They may play in
// part or not at all; they must come to an end, with the right kind of error.
func TestDamaged(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var files []string
	for _, c := range [][]string{
		{"x.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "faststart"},
		{"x.mkv", "-c:v", "libx264", "-c:a", "flac"},
		{"x.ts", "-c:v", "mpeg2video", "-c:a", "mp2"},
		{"x.avi", "-c:v", "mjpeg", "-c:a", "pcm_s16le"},
		{"x.webm", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"},
	} {
		good, err := os.ReadFile(flashAndBeep(t, c[0], "0.7", c[1:]...))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 6 {
			bad := bytes.Clone(good)
			switch n % 3 {
			case 0:
				bad = bad[:rng.IntN(len(bad))]
			case 1:
				for range 1 + len(bad)/500 {
					bad[rng.IntN(len(bad))] = byte(rng.Uint32())
				}
			case 2:
				at := rng.IntN(len(bad))
				clear(bad[at:min(len(bad), at+len(bad)/10)])
			}
			p := filepath.Join(t.TempDir(), fmt.Sprint(n, c[0]))
			if err := os.WriteFile(p, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, p)
		}
	}
	for _, p := range files {
		t.Run(filepath.Base(p), func(t *testing.T) {
			t.Parallel()
			clock := capture.NewClock()
			s, err := Open(p, clock, Options{})
			if err != nil {
				if !errors.Is(err, capture.ErrUnreadable) {
					t.Errorf("Open: %v", err)
				}
				return
			}
			r := play(t, s, clock, true, true, 12*time.Second)
			if r.err != nil && !errors.Is(r.err, capture.ErrUnreadable) {
				t.Errorf("Run: %v after %v, %d frames, %d blocks", r.err, r.took, r.frames, r.blocks)
			}
		})
	}
}
