package encoder

import "testing"

func TestPacketBuffersFit(t *testing.T) {
	for range 100 { // sizes as they come in a show
		key, inter, sound := newPacket(VideoTrack, 150_000), newPacket(VideoTrack, 9_000), newPacket(AudioTrack, 400)
		for _, p := range []*Packet{key, inter, sound} {
			if c := cap(p.Data); c < len(p.Data) || c > max(512, 2*len(p.Data)) {
				t.Fatalf("%d bytes are in a buffer of %d", len(p.Data), c)
			}
			p.Release()
		}
	}
	for _, size := range []int{0, 1, 511, 512, 513, 1 << 20, 1<<20 + 1} {
		p := newPacket(VideoTrack, size)
		if len(p.Data) != size {
			t.Errorf("%d bytes asked for, %d given", size, len(p.Data))
		}
		p.Release()
	}
	(&Packet{}).Retain().Release() // one that nobody's pool made
}

func TestPacketReleasedTwice(t *testing.T) {
	p := newPacket(AudioTrack, 10)
	p.Retain()
	p.Release()
	p.Release()
	defer func() {
		if recover() == nil {
			t.Error("nobody noticed")
		}
	}()
	p.Release()
}
