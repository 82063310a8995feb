package encoder

import (
	"sync"
	"sync/atomic"
	"time"
)

// Track says which of the two streams of a show a packet belongs to.
type Track uint8

const (
	VideoTrack Track = iota
	AudioTrack
)

// Packet is one access unit: everything that belongs to one moment of one
// track. Data is never empty. It is read-only once it has been emitted, since
// several outputs hold it at the same time.
type Packet struct {
	Track    Track
	PTS, DTS time.Duration // on the session's clock; DTS never goes back within a track
	Duration time.Duration
	Key      bool   // decoding can begin here; always true for audio
	Data     []byte // H.264: NAL units, each after its length in 4 bytes (ISO/IEC 14496-15). AAC: one raw frame

	refs atomic.Int32
}

// Retain adds a reference, and returns p for convenience.
func (p *Packet) Retain() *Packet {
	p.refs.Add(1)
	return p
}

// Release gives one reference back. After the last one Data may be overwritten
// at any time.
func (p *Packet) Release() {
	switch n := p.refs.Add(-1); {
	case n == 0:
		packetPool.Put(p)
	case n < 0:
		panic("encoder: Packet released more often than retained")
	}
}

var packetPool = sync.Pool{New: func() any { return new(Packet) }}

// newPacket hands out a packet with one reference and room for size bytes.
func newPacket(track Track, size int) *Packet {
	p := packetPool.Get().(*Packet)
	if cap(p.Data) < size {
		p.Data = make([]byte, size, size+size/4)
	}
	p.Data = p.Data[:size]
	p.Track = track
	p.refs.Store(1)
	return p
}
