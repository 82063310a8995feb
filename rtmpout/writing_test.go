package rtmpout_test

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/internal/wire"
	"tally/rtmpout/rtmptest"
)

// tapped publishes what send writes to a test server and returns the chunks as they
// were written, and the messages as they were understood.
func tapped(t *testing.T, o rtmpout.Options, send func(p *rtmpout.Publisher)) ([]chunk, []rtmptest.Message) {
	t.Helper()
	srv, got := receiving(t, rtmptest.Config{})
	w := new(tap)
	o.DialContext = w.dial
	p := mustDial(t, srv, o)
	send(p)
	closeNow(t, p)
	messages, err := got.wait(t)
	if err != nil {
		t.Errorf("server: %v", err)
	}
	return w.chunks(t), messages
}

func write(t testing.TB, p *rtmpout.Publisher, packets ...rtmpout.Packet) {
	t.Helper()
	for _, pkt := range packets {
		if err := p.WriteVideo(pkt); err != nil {
			t.Fatalf("WriteVideo: %v", err)
		}
	}
}

func mediaStarts(chunks []chunk, id int) (out []chunk) {
	for _, c := range chunks {
		if c.id == id && c.first {
			out = append(out, c)
		}
	}
	return out
}

// W1: Set Chunk Size comes first, in chunks of 128, then connect.
func TestW1ChunkSizeFirst(t *testing.T) {
	for _, size := range []int{0, 128, 65536} {
		o := videoOnly()
		o.ChunkSize = size
		chunks, _ := tapped(t, o, func(p *rtmpout.Publisher) { write(t, p, frame(0, true, 200000)) })
		want := size
		if want == 0 {
			want = 4096
		}
		if chunks[0].kind != wire.TypeSetChunkSize || int(be32(chunks[0].payloadPrefix)) != want || chunks[1].kind != wire.TypeCommand {
			t.Errorf("size %d: begins with %+v", size, chunks[:2])
		}
		for _, c := range chunks {
			if c.size > want {
				t.Errorf("chunk of %d bytes", c.size)
			}
		}
	}
	for _, size := range []int{127, 65537} {
		o := videoOnly()
		o.ChunkSize = size
		_, err := rtmpout.Dial(t.Context(), target(t, "rtmp://127.0.0.1/a", "k"), o)
		if _, ok := errors.AsType[*rtmpout.OptionsError](err); !ok {
			t.Errorf("chunk size %d: %v", size, err)
		}
	}
}

// W2: each kind of message has its chunk stream, all below 32.
func TestW2ChunkStreams(t *testing.T) {
	chunks, _ := tapped(t, avOptions(), func(p *rtmpout.Publisher) {
		write(t, p, frame(0, true, 100))
		must(t, p.WriteAudio(sound(0, 100)))
	})
	want := map[int]int{
		wire.TypeSetChunkSize: 2, wire.TypeWindowAckSize: 2, wire.TypeAck: 2, wire.TypeUserControl: 2,
		wire.TypeAudio: 6, wire.TypeVideo: 7, wire.TypeData: 4,
	}
	for _, c := range chunks {
		if id, ok := want[c.kind]; ok && id != c.id {
			t.Errorf("type %d on chunk stream %d, want %d", c.kind, c.id, id)
		}
		if c.id >= 32 || c.id == 2 && c.stream != 0 {
			t.Errorf("chunk stream %d, message stream %d", c.id, c.stream)
		}
	}
}

func headers(chunks []chunk, id int) (list string) {
	for _, c := range mediaStarts(chunks, id) {
		list += fmt.Sprintf("%d@%d ", c.format, c.time)
	}
	return list
}

// W3: a full header first and when time goes back; else the shortest one, but never
// format 3 directly after format 0.
func TestW3HeaderChoice(t *testing.T) {
	o := videoOnly()
	zero := time.Duration(0)
	o.Zero = &zero
	chunks, messages := tapped(t, o, func(p *rtmpout.Publisher) {
		for i, ms := range []int{100, 90, 90, 130, 130, 163, 196, 229, 262, 295} {
			write(t, p, frame(ms, i == 0, 100))
		}
	})
	// The configuration comes first, at the time of the first frame.
	want := "0@100 1@100 0@90 2@90 2@130 2@130 2@163 3@196 3@229 3@262 3@295 "
	if got := headers(chunks, 7); got != want {
		t.Errorf("headers %s\nwant    %s", got, want)
	}
	for i, m := range messages[1:] { // the reader that inherits understands the same
		if m.Time != mediaStarts(chunks, 7)[i].time {
			t.Errorf("message %d at %d", i, m.Time)
		}
	}
	// Without a configuration the second message comes directly after the full header.
	chunks, _ = tapped(t, rtmpout.Options{Audio: &rtmpout.AudioTrack{Codec: rtmpout.MP3}, Zero: &zero}, func(p *rtmpout.Publisher) {
		for _, ms := range []int{24, 48, 72} {
			must(t, p.WriteAudio(sound(ms, 100)))
		}
	})
	if got, want := headers(chunks, 6), "0@24 2@48 3@72 "; got != want {
		t.Errorf("headers of sound %s, want %s", got, want)
	}
}

// W4: times from 0xFFFFFF on are written extended, identically on each continuation.
func TestW4ExtendedTimestamp(t *testing.T) {
	zero := -0xfffff0 * time.Millisecond
	o := videoOnly()
	o.Zero = &zero
	send := func(p *rtmpout.Publisher) {
		for i := range 5 {
			write(t, p, frame(10*i, i == 0, 20000))
			time.Sleep(time.Millisecond)
		}
		write(t, p, frame(35, false, 20000)) // back, so that a full header is needed
	}
	chunks, messages := tapped(t, o, send)
	extended := 0
	current := uint32(0)
	for _, c := range chunks {
		if c.id != 7 {
			continue
		}
		if c.first {
			current = c.time
		}
		if c.hasExt {
			extended++
			if c.ext != current {
				t.Errorf("extended timestamp %#x in a message at %#x", c.ext, current)
			}
		}
		if c.hasExt && c.format != 0 && c.format != 3 {
			t.Errorf("format %d with an extended timestamp", c.format)
		}
	}
	if extended == 0 {
		t.Error("nothing was extended")
	}
	last := messages[len(messages)-1]
	if last.Time != 0xfffff0+35 {
		t.Errorf("last message at %#x", last.Time)
	}
}

// W4: and real servers read them.
func TestW4ExtendedTimestampNginx(t *testing.T) {
	n := startNginx(t, "")
	c := mediaClip(t)
	zero := -0xfffff0 * time.Millisecond
	p := dial(t, n.url, "late", rtmpout.Options{Video: &c.video, Audio: &c.audio, Zero: &zero})
	c.send(t, p, 1, 0)
	closeNow(t, p)
	time.Sleep(200 * time.Millisecond)
	decoded(t, filepath.Join(n.dir, "late.flv"), c, 1)
}

// W5: a gap that would need an extended delta is written as a full header.
func TestW5LargeGap(t *testing.T) {
	chunks, _ := tapped(t, videoOnly(), func(p *rtmpout.Publisher) {
		write(t, p, frame(0, true, 100), frame(33, false, 100))
		write(t, p, frame(5*3600*1000, false, 10000), frame(5*3600*1000+33, false, 100))
	})
	starts := mediaStarts(chunks, 7)
	if c := starts[3]; c.format != 0 || c.time != 5*3600*1000 || !c.hasExt {
		t.Errorf("after the gap: %+v", c)
	}
	if c := starts[4]; c.format == 0 || c.time != 5*3600*1000+33 || c.hasExt {
		t.Errorf("then: %+v", c)
	}
}

// W6: media goes to the message stream that createStream gave, the rest to 0.
func TestW6MessageStream(t *testing.T) {
	for _, id := range []uint32{5, 0x01020304} {
		got := make(chan uint32, 10)
		srv := scripted(t, func(c *rtmptest.Conn) error {
			cmd, err := upTo(c, "createStream")
			if err != nil {
				return err
			}
			if cmd.Stream != 0 {
				t.Errorf("createStream on message stream %d", cmd.Stream)
			}
			c.WriteCommand(0, "_result", cmd.Transaction, nil, id)
			if cmd, err = c.ReadCommand("publish"); err != nil {
				return err
			}
			got <- cmd.Stream
			c.WriteStatus(id, "status", "NetStream.Publish.Start", "")
			for range 2 {
				m, err := c.ReadMessage()
				if err != nil {
					return err
				}
				got <- m.Stream
			}
			drain(c)
			return nil
		})
		p := mustDial(t, srv, videoOnly())
		write(t, p, frame(0, true, 100))
		for range 3 {
			if s := <-got; s != id {
				t.Errorf("message stream %#x, want %#x", s, id)
			}
		}
		p.Abort()
	}
}

// W7: a frame longer than RTMP's 24 bits is refused with a typed error.
func TestW7TooLarge(t *testing.T) {
	srv, got := receiving(t, rtmptest.Config{})
	o := videoOnly()
	o.QueueBytes = 64 << 20
	p := mustDial(t, srv, o)
	released := new(counter)
	big := rtmpout.Packet{Key: true, Data: make([]byte, 17<<20), Owner: released}
	if e, ok := errors.AsType[*rtmpout.TooLargeError](p.WriteVideo(big)); !ok || e.Size != 17<<20 {
		t.Errorf("no TooLargeError")
	}
	if released.get() != 1 {
		t.Errorf("released %d times", released.get())
	}
	big.Data, big.Owner = big.Data[:16<<20-100], nil
	must(t, p.WriteVideo(big))
	closeNow(t, p)
	messages, _ := got.wait(t)
	if last := messages[len(messages)-1]; len(last.Data) != len(big.Data)+5 {
		t.Errorf("%d bytes arrived", len(last.Data))
	}
}

// W8: replies go between chunks, never into one, and audio goes between the chunks
// of a large video message on a slow link.
func TestW8OneWriter(t *testing.T) {
	t.Run("replies", func(t *testing.T) {
		const frames = 20
		payload := frame(0, true, 500000)
		result := make(chan error, 1)
		srv := scripted(t, func(c *rtmptest.Conn) error {
			if _, err := c.Accept(); err != nil {
				return err
			}
			stop := make(chan struct{})
			go func() {
				for i := uint32(0); ; i++ {
					select {
					case <-stop:
						return
					default:
						c.WriteEvent(wire.EventPingRequest, i)
					}
				}
			}()
			defer close(stop)
			pongs, videos := 0, 0
			for videos < frames+1 {
				m, err := c.ReadMessage()
				if err != nil {
					result <- err
					return nil
				}
				switch m.Type {
				case wire.TypeVideo:
					if videos++; videos > 1 && !bytes.Equal(m.Data[5:], payload.Data) {
						t.Error("a frame arrived damaged")
					}
				case wire.TypeUserControl:
					pongs++
				}
			}
			if pongs == 0 {
				t.Error("no pong came")
			}
			result <- nil
			return nil
		})
		p := mustDial(t, srv, videoOnly())
		for i := range frames {
			payload.DTS = time.Duration(i) * 33 * time.Millisecond
			payload.PTS = payload.DTS
			must(t, p.WriteVideo(payload))
			for p.Stats().QueueBytes > 2<<20 {
				time.Sleep(time.Millisecond)
			}
		}
		if err := <-result; err != nil {
			t.Error(err)
		}
	})
	t.Run("audio", func(t *testing.T) {
		finished := make(chan struct{})
		srv := listen(t, rtmptest.Config{Script: func(c *rtmptest.Conn) {
			defer close(finished)
			if _, err := c.Accept(); err != nil {
				t.Error(err)
			}
			order := []uint8{}
			for len(order) < 15 {
				m, err := c.ReadMessage()
				if err != nil {
					t.Error(err)
					return
				}
				order = append(order, m.Type)
				if m.Type == wire.TypeAudio {
					time.Sleep(5 * time.Millisecond)
				}
			}
			if order[len(order)-1] != wire.TypeVideo {
				t.Errorf("order %v: audio waited for the end of the video message", order)
			}
		}})
		w := &slowLink{rate: 5e6 / 8}
		o := avOptions()
		o.DialContext = w.dial
		p := mustDial(t, srv, o)
		must(t, p.WriteAudio(sound(0, 300)))
		write(t, p, frame(0, true, 400000))
		for i := range 10 {
			time.Sleep(20 * time.Millisecond)
			must(t, p.WriteAudio(sound(21*(i+1), 300)))
			if i == 0 {
				write(t, p, frame(1000, false, 100)) // so that no sound waits for its picture
			}
		}
		<-finished
	})
}
