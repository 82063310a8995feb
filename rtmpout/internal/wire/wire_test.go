package wire

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

var testLimits = Limits{Message: 256 << 10, Partial: 1 << 20, Streams: 64, Keep: 4096}

func TestRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		size := 1 + rng.IntN(5000)
		b := AppendControl(nil, TypeSetChunkSize, uint32(size))
		var want []Message
		for range 10 {
			m := Message{ChunkStream: 2 + rng.Uint32N(40), Stream: rng.Uint32(), Time: rng.Uint32(), Type: 9, Data: make([]byte, rng.IntN(20000))}
			if rng.IntN(4) == 0 {
				m.ChunkStream = 2 + rng.Uint32N(65598)
			}
			want = append(want, m)
			b = AppendMessage(b, m, size)
		}
		r := NewReader(bufio.NewReader(bytes.NewReader(b)), testLimits)
		r.Read()
		for _, w := range want {
			m, err := r.Read()
			if err != nil {
				t.Fatal(err)
			}
			if m.ChunkStream != w.ChunkStream || m.Stream != w.Stream || m.Time != w.Time || !bytes.Equal(m.Data, w.Data) {
				t.Fatalf("%+v became %+v", w, m)
			}
		}
		if _, err := r.Read(); err != io.EOF || r.Count() != uint64(len(b)) {
			t.Fatalf("%v after %d of %d bytes", err, r.Count(), len(b))
		}
	}
}

func TestLimits(t *testing.T) {
	begin := func(id uint32, length int) []byte {
		return AppendMessage(nil, Message{ChunkStream: id, Type: 20, Data: make([]byte, length)}, DefaultChunkSize)[:12+DefaultChunkSize]
	}
	var streams, partial []byte
	for id := uint32(2); id < 67; id++ {
		streams = append(streams, AppendMessage(nil, Message{ChunkStream: id, Data: []byte{1}}, 128)...)
	}
	partial = AppendControl(nil, TypeSetChunkSize, 1<<20)
	for id := uint32(3); id < 10; id++ {
		whole := AppendMessage(nil, Message{ChunkStream: id, Type: 20, Data: make([]byte, 256<<10)}, 250<<10)
		partial = append(AppendControl(partial, TypeSetChunkSize, 250<<10), whole[:12+250<<10]...)
	}
	for name, b := range map[string][]byte{
		"message of 256 KiB and a byte": begin(3, 256<<10+1),
		"65 chunk streams":              streams,
		"unfinished messages":           partial,
	} {
		r := NewReader(bufio.NewReader(bytes.NewReader(b)), testLimits)
		var err error
		for err == nil {
			_, err = r.Read()
		}
		if !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(AppendMessage(nil, Message{ChunkStream: 3, Type: 20, Time: 0x1000000, Data: make([]byte, 300)}, 128))
	f.Add(AppendControl(AppendControl(nil, TypeSetChunkSize, 1), TypeAbort, 3))
	f.Add([]byte("\x43\x00\x00\x00\x00\x00\x06\x04\x00\x06\x01\x02\x03\x04\xc2\x00\xff\x01\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(bufio.NewReaderSize(bytes.NewReader(b), 4096), testLimits)
		for {
			m, err := r.Read()
			if err != nil {
				break
			}
			if len(m.Data) > testLimits.Message {
				t.Fatalf("message of %d bytes", len(m.Data))
			}
		}
		held := 0
		for _, s := range r.streams {
			held += cap(s.buf)
		}
		if r.partial < 0 || r.partial > testLimits.Partial || held > 4<<20 || len(r.streams) > testLimits.Streams {
			t.Fatalf("%d partial, %d held, %d streams", r.partial, held, len(r.streams))
		}
		if r.Count() > uint64(len(b)) {
			t.Fatalf("%d of %d bytes were read", r.Count(), len(b))
		}
	})
}
