package rtmpout_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tally/rtmpout"
)

// clip is encoded media as an encoder would give it.
type clip struct {
	video   rtmpout.VideoTrack
	audio   rtmpout.AudioTrack
	packets []clipPacket // in the order of DTS
	length  time.Duration
}

type clipPacket struct {
	video bool
	rtmpout.Packet
}

var testClip = sync.OnceValues(func() (*clip, error) {
	dir, err := os.MkdirTemp("", "rtmpout")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "clip.flv")
	cmd := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30",
		"-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "4", "-c:v", "libx264", "-preset", "ultrafast",
		"-bf", "2", "-g", "30", "-pix_fmt", "yuv420p", "-b:v", "800k", "-c:a", "aac", "-b:a", "96k", "-ac", "2", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, &os.PathError{Op: "ffmpeg", Path: string(out), Err: err}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseFLV(data), nil
})

func mediaClip(t testing.TB) *clip {
	t.Helper()
	c, err := testClip()
	if err != nil {
		t.Fatalf("making media with ffmpeg: %v", err)
	}
	return c
}

// parseFLV reads an FLV file with H.264 and AAC (FLV 10.1 Annex E).
func parseFLV(b []byte) *clip {
	c := &clip{video: rtmpout.VideoTrack{Width: 320, Height: 180, FPS: 30, Bitrate: 800e3},
		audio: rtmpout.AudioTrack{Rate: 48000, Channels: 2, Bitrate: 96e3}}
	for b = b[13:]; len(b) > 15; {
		kind, size := b[0], int(b[1])<<16|int(b[2])<<8|int(b[3])
		ms := uint32(b[7])<<24 | uint32(b[4])<<16 | uint32(b[5])<<8 | uint32(b[6])
		body := b[11 : 11+size]
		b = b[11+size+4:]
		dts := time.Duration(ms) * time.Millisecond
		switch {
		case kind == 9 && body[1] == 0:
			c.video.Config = bytes.Clone(body[5:])
		case kind == 8 && body[1] == 0:
			c.audio.Config = bytes.Clone(body[2:])
		case kind == 9 && body[1] == 1:
			cts := int32(uint32(body[2])<<24|uint32(body[3])<<16|uint32(body[4])<<8) >> 8
			c.packets = append(c.packets, clipPacket{true, rtmpout.Packet{DTS: dts, PTS: dts + time.Duration(cts)*time.Millisecond,
				Key: body[0]>>4 == 1, Data: bytes.Clone(body[5:])}})
		case kind == 8:
			c.packets = append(c.packets, clipPacket{false, rtmpout.Packet{DTS: dts, PTS: dts, Data: bytes.Clone(body[2:])}})
		}
		c.length = max(c.length, dts)
	}
	return c
}

// send writes the clip n times, one after the other, at speed times real time (0:
// as fast as the queue takes it).
func (c *clip) send(t testing.TB, p *rtmpout.Publisher, n int, speed float64, from time.Duration) {
	t.Helper()
	start := time.Now()
	for round := range n {
		shift := time.Duration(round) * (c.length + 33*time.Millisecond)
		for _, pkt := range c.packets {
			at := shift + pkt.DTS
			if speed > 0 {
				if wait := time.Duration(float64(at)/speed) - time.Since(start); wait > 0 {
					time.Sleep(wait)
				}
			} else {
				for p.Stats().QueueBytes > 200<<10 {
					time.Sleep(time.Millisecond)
				}
			}
			pkt.DTS += shift + from
			pkt.PTS += shift + from
			write := p.WriteAudio
			if pkt.video {
				write = p.WriteVideo
			}
			if err := write(pkt.Packet); err != nil {
				t.Errorf("write at %v: %v", at, err)
				return
			}
		}
	}
}

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
