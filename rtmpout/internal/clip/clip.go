// Package clip makes encoded media for tests with ffmpeg, as an encoder would hand
// it to a publisher.
package clip

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// Clip is four seconds of H.264 (320x180 at 30 fps, with B-frames) and AAC (48 kHz,
// stereo).
type Clip struct {
	AVCC    []byte // decoder configuration record
	ASC     []byte // AudioSpecificConfig
	Packets []Packet
	Length  time.Duration // DTS of the last packet
}

// Packet is one frame; they are in the order of DTS.
type Packet struct {
	Video, Key bool
	DTS, PTS   time.Duration
	Data       []byte
}

// Make runs ffmpeg.
func Make() (*Clip, error) {
	dir, err := os.MkdirTemp("", "clip")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "clip.flv")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "4", "-c:v", "libx264", "-preset", "ultrafast",
		"-bf", "2", "-g", "30", "-pix_fmt", "yuv420p", "-b:v", "800k", "-c:a", "aac", "-b:a", "96k", "-ac", "2", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("ffmpeg: %w: %s", err, out)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseFLV(data), nil
}

// parseFLV reads a file that ffmpeg wrote (FLV 10.1 Annex E).
func parseFLV(b []byte) *Clip {
	c := new(Clip)
	for b = b[13:]; len(b) > 15; {
		kind, size := b[0], int(b[1])<<16|int(b[2])<<8|int(b[3])
		ms := uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
		body := bytes.Clone(b[11 : 11+size])
		b = b[11+size+4:]
		at := time.Duration(ms) * time.Millisecond
		switch {
		case kind == 9 && body[1] == 0:
			c.AVCC = body[5:]
		case kind == 8 && body[1] == 0:
			c.ASC = body[2:]
		case kind == 9 && body[1] == 1:
			cts := int32(uint32(body[2])<<24|uint32(body[3])<<16|uint32(body[4])<<8) >> 8
			c.Packets = append(c.Packets, Packet{true, body[0]>>4 == 1, at, at + time.Duration(cts)*time.Millisecond, body[5:]})
		case kind == 8:
			c.Packets = append(c.Packets, Packet{false, true, at, at, body[2:]})
		}
		c.Length = max(c.Length, at)
	}
	return c
}
