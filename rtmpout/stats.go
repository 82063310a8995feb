package rtmpout

import (
	"net"
	"time"
)

// Stats is how a stream is doing. Bytes are those of the RTMP chunk stream: without
// handshake, TLS and TCP.
type Stats struct {
	Sent      uint64        // bytes that the socket took
	Acked     uint64        // bytes that the server has confirmed
	InFlight  uint64        // Sent - Acked
	Window    int           // bytes after which we asked the server to confirm
	Limit     int           // bytes that the server lets be unconfirmed; 0: it enforces nothing
	AckStyle  AckStyle      // how the server counts; AckNone until the first confirmation
	AckAge    time.Duration // since the server has last confirmed something new; -1 before that
	AckDelay  time.Duration // from writing a byte to its confirmation, as last seen; 0 before that
	RTT       time.Duration // TCP's own smoothed round-trip time; 0 where the system does not tell
	Kernel    int           // bytes in the socket that the server's TCP has not confirmed; -1: unknown
	PerSecond int           // bytes written in the last second

	QueueBytes  int           // not yet given to the socket
	QueueAge    time.Duration // of the oldest packet that could be sent but was not yet
	VideoFrames int           // given to the socket
	AudioFrames int

	// Dropped video frames in all and by cause.
	Dropped         int
	DroppedBytes    int // QueueBytes was exceeded
	DroppedAge      int // QueueTime was exceeded
	DroppedUntilKey int // they depend on a dropped one, or came before the first key frame

	Moves         int    // connections that took over after a Reconnect Request
	ServerVersion string // what the server calls itself; "" if it does not
	Capabilities  Capabilities
}

// Stats tells how the stream is doing. It is cheap enough to be called many times a
// second.
func (p *Publisher) Stats() Stats {
	now := time.Now()
	p.mu.Lock()
	l := p.link
	s := Stats{
		QueueBytes:  p.video.bytes + p.audio.bytes + p.leaving.bytes,
		QueueAge:    max(p.video.age(now), p.audio.age(now)),
		VideoFrames: p.counts.video, AudioFrames: p.counts.audio,
		DroppedBytes: p.counts.dropped[DropBytes], DroppedAge: p.counts.dropped[DropAge], DroppedUntilKey: p.counts.dropped[DropUntilKey],
		Moves: p.counts.moves,
	}
	if !p.leaving.oldest.IsZero() {
		s.QueueAge = max(s.QueueAge, now.Sub(p.leaving.oldest))
	}
	p.mu.Unlock()
	s.Dropped = s.DroppedBytes + s.DroppedAge + s.DroppedUntilKey
	s.ServerVersion, s.Capabilities = l.server.version, l.server.caps

	f := &l.flow
	f.mu.Lock()
	s.Sent, s.Acked = f.sent, f.acks.acked
	s.Acked = min(s.Acked, f.sent)
	s.InFlight = f.sent - s.Acked
	s.Window, s.AckStyle, s.AckDelay = f.told, f.acks.style, f.delay
	if !f.window.failOpen {
		s.Limit = f.window.size
	}
	s.AckAge = -1
	if !f.acks.at.IsZero() {
		s.AckAge = now.Sub(f.acks.at)
	}
	s.PerSecond = f.rate.perSecond(now.Sub(f.start))
	s.RTT = l.pace.path.rtt
	f.mu.Unlock()
	s.Kernel = -1
	if n, ok := l.unconfirmed(); ok {
		s.Kernel = n
	}
	return s
}

// unconfirmed is how many written bytes the server's TCP has not confirmed.
func (l *link) unconfirmed() (n int, ok bool) {
	if n, ok = l.kernel.unsent(); !ok {
		if c, tells := l.tcp.(interface{ Unsent() int }); tells {
			return c.Unsent(), true
		}
	}
	return n, ok
}

// LocalAddr is this machine's end of the connection: it dies when its address does.
func (p *Publisher) LocalAddr() net.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link.tcp.LocalAddr()
}

// RemoteAddr is the server's end.
func (p *Publisher) RemoteAddr() net.Addr {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.link.tcp.RemoteAddr()
}
