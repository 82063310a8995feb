// Package replay remembers the last seconds of the show, as the encoders made
// them, so that what has just happened can be saved.
package replay

import (
	"sync"
	"time"

	"tally/encoder"
)

// Buffer holds packets from a key frame on. Write belongs to one goroutine; the
// other methods may be called from any.
type Buffer struct {
	mu      sync.Mutex
	span    time.Duration
	most    int // bytes
	video   bool
	packets []*encoder.Packet
	bytes   int
	newest  time.Duration
}

// New makes a buffer of the last span of a show, in at most that many bytes; when
// they do not suffice, it holds less. Without video, sound alone is kept.
func New(span time.Duration, most int, video bool) *Buffer {
	return &Buffer{span: span, most: most, video: video}
}

// Write adds a packet, of which it takes a reference of its own.
func (b *Buffer) Write(p *encoder.Packet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.packets) == 0 && !b.begins(p) {
		return
	}
	b.packets = append(b.packets, p.Retain())
	b.bytes += cap(p.Data) // what the memory really has
	b.newest = max(b.newest, p.PTS)
	for b.bytes > b.most || b.begins(p) {
		next := b.second()
		if b.bytes <= b.most && (next == len(b.packets) || b.newest-b.packets[next].PTS < b.span) {
			return
		}
		b.forget(next)
	}
}

// begins tells whether a file can begin with p.
func (b *Buffer) begins(p *encoder.Packet) bool {
	return p.Key && (p.Track == encoder.VideoTrack || !b.video)
}

// second is where the second beginning is, or the end.
func (b *Buffer) second() int {
	for n, p := range b.packets {
		if n > 0 && b.begins(p) {
			return n
		}
	}
	return len(b.packets)
}

func (b *Buffer) forget(n int) {
	for _, p := range b.packets[:n] {
		b.bytes -= cap(p.Data)
		p.Release()
	}
	rest := copy(b.packets, b.packets[n:])
	clear(b.packets[rest:])
	b.packets = b.packets[:rest]
}

// Forget empties the buffer.
func (b *Buffer) Forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forget(len(b.packets))
}

// Packets are those at hand, in their order, from a key frame on. Each has a
// reference that the caller must release.
func (b *Buffer) Packets() []*encoder.Packet {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := make([]*encoder.Packet, len(b.packets))
	for n, p := range b.packets {
		all[n] = p.Retain()
	}
	return all
}

// Holds tells how much is remembered: a time, and the bytes of memory for it.
func (b *Buffer) Holds() (span time.Duration, bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.packets) == 0 {
		return 0, 0
	}
	return b.newest - b.packets[0].PTS, b.bytes
}
