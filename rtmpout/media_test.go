package rtmpout_test

import (
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/clip"
)

// media is a clip with the tracks it is published as.
type media struct {
	*clip.Clip
	video rtmpout.VideoTrack
	audio rtmpout.AudioTrack
}

var testClip = sync.OnceValues(clip.Make)

func mediaClip(t testing.TB) *media {
	t.Helper()
	c, err := testClip()
	if err != nil {
		t.Fatalf("making media: %v", err)
	}
	return &media{
		c,
		rtmpout.VideoTrack{Config: c.AVCC, Width: 320, Height: 180, FPS: 30, Bitrate: 800e3},
		rtmpout.AudioTrack{Config: c.ASC, Rate: 48000, Channels: 2, Bitrate: 96e3},
	}
}

// send writes the clip n times, one after the other, at speed times real time (0:
// as fast as the queue takes it).
func (m *media) send(t testing.TB, p *rtmpout.Publisher, n int, speed float64) {
	t.Helper()
	start := time.Now()
	for round := range n {
		shift := time.Duration(round) * (m.Length + 33*time.Millisecond)
		for _, pkt := range m.Packets {
			at := shift + pkt.DTS
			if speed > 0 {
				time.Sleep(time.Duration(float64(at)/speed) - time.Since(start))
			} else {
				for p.Stats().QueueBytes > 200<<10 {
					time.Sleep(time.Millisecond)
				}
			}
			write := p.WriteAudio
			if pkt.Video {
				write = p.WriteVideo
			}
			if err := write(rtmpout.Packet{DTS: at, PTS: pkt.PTS + shift, Key: pkt.Key, Data: pkt.Data}); err != nil {
				t.Errorf("write at %v: %v", at, err)
				return
			}
		}
	}
}

func be32(b []byte) uint32 { return binary.BigEndian.Uint32(b) }
