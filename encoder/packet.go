package encoder

import (
	"math/bits"
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
	Key      bool // decoding can begin here; always true for audio
	// Data is of H.264 and HEVC: NAL units, each after its length in 4 bytes (ISO/IEC
	// 14496-15); of AV1: OBUs without a temporal delimiter; of sound: one raw frame.
	Data []byte
	// Config says that this and what follows is made by another encoder than before,
	// or the first; else nil. Only key frames of pictures have it.
	Config *VideoConfig

	refs   atomic.Int32
	pooled bool // by newPacket: its buffer comes from packetPools and goes back there
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
		if p.pooled { // else somebody made it, and may give it to others still
			packetPools[bits.Len(uint(cap(p.Data)))-1].Put(p)
		}
	case n < 0:
		panic("encoder: Packet released more often than retained")
	}
}

// packetPools hold packets by the size of their buffers, the smallest power of
// two that suffices, so that a queue full of sound does not sit on buffers that
// were made for key frames.
var packetPools [bits.UintSize]sync.Pool

const smallestPacket = 9 // 512 bytes

// newPacket hands out a packet with one reference and room for size bytes.
func newPacket(track Track, size int) *Packet {
	class := max(smallestPacket, bits.Len(uint(max(1, size)-1)))
	p, _ := packetPools[class].Get().(*Packet)
	if p == nil {
		p = &Packet{Data: make([]byte, 1<<class), pooled: true}
	}
	p.Data = p.Data[:size]
	p.Track, p.Config = track, nil
	p.refs.Store(1)
	return p
}
