package interop

import (
	"context"
	"sync"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/clip"
)

var makeClip = sync.OnceValues(clip.Make)

func mediaClip(t *testing.T) *clip.Clip {
	t.Helper()
	c, err := makeClip()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func options(c *clip.Clip) rtmpout.Options {
	return rtmpout.Options{
		Video: &rtmpout.VideoTrack{Config: c.AVCC, Width: 320, Height: 180, FPS: 30},
		Audio: &rtmpout.AudioTrack{Config: c.ASC, Rate: 48000, Channels: 2},
	}
}

func dial(t *testing.T, server string, o rtmpout.Options) *rtmpout.Publisher {
	t.Helper()
	target, err := rtmpout.ParseTarget(server, "key")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	p, err := rtmpout.Dial(ctx, target, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Abort(); <-p.Done() })
	return p
}

// send writes the clip n times, one after the other.
func send(t *testing.T, p *rtmpout.Publisher, c *clip.Clip, n int) {
	t.Helper()
	for i := range n {
		shift := time.Duration(i) * (c.Length + 33*time.Millisecond)
		for _, pkt := range c.Packets {
			write := p.WriteAudio
			if pkt.Video {
				write = p.WriteVideo
			}
			if err := write(rtmpout.Packet{DTS: shift + pkt.DTS, PTS: shift + pkt.PTS, Key: pkt.Key, Data: pkt.Data}); err != nil {
				t.Fatal(err)
			}
			for p.Stats().QueueBytes > 200<<10 {
				time.Sleep(time.Millisecond)
			}
		}
	}
}
