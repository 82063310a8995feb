package rtmpout

import (
	"sync"

	"tally/rtmpout/internal/wire"
)

// replies is the control lane: what we owe the server for what it sent. It holds
// what is due, not messages, so a flood of requests collapses: one acknowledgement,
// one window size and the last 32 pongs, whatever comes.
type replies struct {
	mu       sync.Mutex
	pongs    [32]uint32
	first, n int
	acked    uint32
	ackDue   bool
	size     uint32
	sizeDue  bool
}

func (r *replies) pong(v uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.n == len(r.pongs) { // the oldest goes
		r.first = (r.first + 1) % len(r.pongs)
		r.n--
	}
	r.pongs[(r.first+r.n)%len(r.pongs)] = v
	r.n++
}

func (r *replies) ack(v uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked, r.ackDue = v, true
}

func (r *replies) window(size uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.size, r.sizeDue = size, true
}

func (r *replies) due() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.n > 0 || r.ackDue || r.sizeDue
}

// take appends what is due, as long as it fits into room bytes.
func (r *replies) take(b []byte, room int) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	const controlSize, pongSize = 16, 18 // header 12, then 4 or 6 bytes
	if r.sizeDue && room >= controlSize {
		b = wire.AppendControl(b, wire.TypeWindowAckSize, r.size)
		r.sizeDue = false
		room -= controlSize
	}
	if r.ackDue && room >= controlSize {
		b = wire.AppendControl(b, wire.TypeAck, r.acked)
		r.ackDue = false
		room -= controlSize
	}
	for r.n > 0 && room >= pongSize {
		b = wire.AppendUserControl(b, wire.EventPingResponse, r.pongs[r.first])
		r.first = (r.first + 1) % len(r.pongs)
		r.n--
		room -= pongSize
	}
	return b
}
