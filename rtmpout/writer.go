package rtmpout

import (
	"time"

	"tally/rtmpout/internal/wire"
)

// maxPacket leaves room for the tag header in RTMP's 24-bit message length.
const maxPacket = wire.MaxMessageSize - maxTagHeader

// maxBatch is the most that one write takes: what the kernel is given cannot be
// overtaken any more.
const maxBatch = 256 << 10

// overtakeAfter is how long a video message must have been under way for audio to go
// between its chunks, unless the kernel has not taken it all at once. Below that, order
// is worth more than time.
const overtakeAfter = 5 * time.Millisecond

// nginx-rtmp's default of max_message, and what it calls itself.
const (
	nginxLimit   = 1<<20 - maxTagHeader
	nginxVersion = "FMS/3,0,1,123"
)

// writerState is what only the writer goroutine uses.
type writerState struct {
	sending      [2]sending // a message of each lane of which a part has left
	written      []item     // whole in the batch: to be released after the write
	control      []byte
	timer        *time.Timer
	blockedSince time.Time // the server's window is full
	crowded      bool      // there is something to send, but the kernel has enough
	narrow       bool      // there is something to send, but enough is on its way
}

type sending struct {
	outgoing
	item
	active bool
	waited bool // for the kernel to send what it had
	began  time.Time
}

func (w *writerState) init() {
	w.written = make([]item, 0, maxSlices)
	w.control = make([]byte, 0, 1024)
	w.timer = time.NewTimer(time.Hour)
}

// run is the writer: the only one that writes to the connection once it is live.
// Whatever is to be sent it collects into batches: replies to the server first,
// then audio, then video.
func (p *Publisher) run() {
	defer p.finish()
	for {
		now := time.Now()
		p.mu.Lock()
		if p.ended {
			p.mu.Unlock()
			return
		}
		if p.hurry {
			p.discard()
		}
		p.collect(now)
		p.leaving = p.w.leaving()
		l := p.link // collect may have gone to another one
		if p.w.narrow {
			p.mu.Unlock()
			p.w.releaseWritten()
			if now.Sub(l.flight.moved) > p.opts.StallTimeout {
				p.stalled(now.Sub(l.flight.moved))
				return
			}
			p.rest(flightPoll)
			continue
		}
		if p.w.crowded {
			p.mu.Unlock()
			p.w.releaseWritten()
			if err := l.waitSent(now); err != nil {
				p.writeFailed(l, err)
				return
			}
			continue
		}
		wait := time.Duration(0)
		if l.out.empty() {
			if p.closing && p.video.n+p.audio.n == 0 && !p.w.sending[laneAudio].active && !p.w.sending[laneVideo].active {
				p.ended = true
				l.closing.Store(true)
				p.mu.Unlock()
				if err := p.goodbye(l); err != nil {
					p.goodbyeFailed(l, err)
				}
				return
			}
			wait = p.nextEvent(now)
		}
		p.mu.Unlock()
		if wait > 0 {
			p.w.releaseWritten()
			p.rest(wait)
			continue
		}
		err := l.write(now)
		p.w.releaseWritten()
		if err != nil {
			p.writeFailed(l, err)
			return
		}
	}
}

// rest waits for a signal, and no longer than d.
func (p *Publisher) rest(d time.Duration) {
	p.w.timer.Reset(d)
	select {
	case <-p.wake:
	case <-p.w.timer.C:
	}
}

// leaving is what is not queued any more and not yet given to the socket.
type leaving struct {
	bytes  int
	oldest time.Time // when the oldest of it was ready
}

func (w *writerState) leaving() (l leaving) {
	add := func(bytes int, at time.Time) {
		l.bytes += bytes
		if l.oldest.IsZero() || at.Before(l.oldest) {
			l.oldest = at
		}
	}
	for i := range w.written {
		add(len(w.written[i].Data), w.written[i].at)
	}
	for i := range w.sending {
		if s := &w.sending[i]; s.active {
			add(len(s.left), s.item.at)
		}
	}
	return l
}

// collect makes the next batch, in p.link.out.
func (p *Publisher) collect(now time.Time) {
	p.takeOver()
	l, w := p.link, &p.w
	c := &l.out
	c.reset()
	p.settle(now)
	limit, ok := l.batchLimit()
	w.crowded = !ok && !p.hurry && p.waiting()
	if w.narrow = false; !w.crowded {
		limit, w.narrow = p.flightLimit(now, limit)
	}
	if w.crowded || w.narrow {
		w.sending[laneVideo].waited = true
		return
	}
	w.control = l.replies.take(w.control[:0], l.replyRoom(now))
	l.replied += len(w.control)
	c.control(w.control)
	room, expired := l.flow.room(now, w.blockedSince)
	switch {
	case expired:
		l.warn("the server limits what may be unconfirmed but confirms nothing; its limit is ignored from now on")
	case room == 0:
		if w.blockedSince.IsZero() {
			w.blockedSince = now
		}
		return
	case room > 0:
		limit = min(limit, room)
	}
	w.blockedSince = time.Time{}

	// Audio does not wait for the end of a big video message on a slow link.
	video := &w.sending[laneVideo]
	overtake := video.active && (video.waited || now.Sub(video.began) >= overtakeAfter)
	for c.bytes < limit && !c.full() {
		switch {
		case w.sending[laneAudio].active:
			p.proceed(laneAudio)
		case overtake && p.audio.ready > 0:
			p.begin(laneAudio, now)
		case w.sending[laneVideo].active:
			p.proceed(laneVideo)
		case p.audio.ready > 0 && (p.video.ready == 0 || p.audio.at(0).DTS < p.video.at(0).DTS):
			if !p.begin(laneAudio, now) {
				return
			}
		case p.video.ready > 0:
			if p.next != nil && p.video.at(0).Key && c.bytes > 0 || !p.begin(laneVideo, now) {
				return // the batch ends before what belongs to the next connection
			}
		default:
			return
		}
	}
}

// flightLimit is limit, or less where the line is narrow; narrow when even a chunk
// is too much.
func (p *Publisher) flightLimit(now time.Time, limit int) (_ int, narrow bool) {
	l := p.link
	unconfirmed, ok := l.unconfirmed()
	if !ok || p.hurry {
		return limit, false
	}
	switch room := l.flight.room(now, int64(l.flow.total()), unconfirmed); {
	case room < 0:
		return limit, false
	case room < l.opts.ChunkSize && p.waiting():
		return 0, true
	default:
		return min(limit, max(room, 1)), false
	}
}

// waiting tells that there is something to send.
func (p *Publisher) waiting() bool {
	return p.w.sending[laneAudio].active || p.w.sending[laneVideo].active || p.audio.ready > 0 || p.video.ready > 0 || p.link.replies.due()
}

// begin starts the first message of a lane; false when the batch has to end before.
func (p *Publisher) begin(which int, now time.Time) bool {
	l := p.link
	q, tracks := &p.audio, p.audios
	if which == laneVideo {
		q, tracks = &p.video, p.videos
	}
	if !l.announced {
		if l.out.bytes > 0 {
			return false
		}
		p.announce(l, q.at(0).DTS)
	}
	it := q.pop()
	tr := &tracks[it.Track]
	if tr.off {
		p.w.written = append(p.w.written, it)
		return true
	}
	ms, nanos := p.timestamp(l, it.DTS)
	t := tag{
		video: which == laneVideo, codec: tr.codec, track: tr.number, enhanced: tr.enhanced, packet: packetCodedFrames,
		key: it.Key, nanos: nanos,
	}
	if it.kind == itemConfig {
		tr.current = it.Data
		t.packet, t.key, t.nanos = packetSequenceStart, true, 0
		it.Data = configBody(tr.codec, it.Data)
	} else if which == laneVideo {
		if tr.codec.hasCompositionTime() {
			t.cts = compositionTime(milliseconds(it.PTS-p.zero), ms)
		}
		p.counts.video++
	} else {
		p.counts.audio++
	}
	if len(it.Data) > nginxLimit && !l.warned && l.server.version == nginxVersion {
		l.warned = true
		l.warn("a frame has %d bytes; nginx-rtmp ends the session at more than 1 MiB unless max_message is set", len(it.Data))
	}
	s := &p.w.sending[which]
	s.outgoing = l.out.begin(which, ms, l.stream, t, it.Data)
	s.item, s.active, s.waited, s.began = it, true, false, now
	p.settled(s)
	return true
}

func (p *Publisher) proceed(which int) {
	s := &p.w.sending[which]
	p.link.out.next(&s.outgoing)
	p.settled(s)
}

// settled moves a message that is whole in the batch to what is released after it.
func (p *Publisher) settled(s *sending) {
	if len(s.left) == 0 {
		p.w.written = append(p.w.written, s.item)
		s.item, s.active = item{}, false
	}
}

// timestamp is a time on the packets' clock as RTMP's milliseconds, not wrapped,
// and the rest in nanoseconds when that is sent.
func (p *Publisher) timestamp(l *link, t time.Duration) (ms int64, nanos int32) {
	if !p.hasZero {
		p.zero, p.hasZero = t, true
	}
	t -= p.zero
	if p.nanoseconds(l) {
		if t < 0 {
			return 0, 0
		}
		return int64(t / time.Millisecond), int32(t % time.Millisecond)
	}
	return max(milliseconds(t), 0), 0 // sound may begin a little before its picture
}

// nextEvent is how long nothing has to be done unless somebody signals.
func (p *Publisher) nextEvent(now time.Time) time.Duration {
	wait := time.Hour
	for _, q := range []*lane{&p.video, &p.audio} {
		if q.ready < q.n {
			wait = min(wait, q.at(q.ready).at.Add(p.opts.Interleave).Sub(now))
		}
	}
	if !p.w.blockedSince.IsZero() {
		wait = min(wait, confirmTimeout/4)
	}
	if p.link.replies.due() {
		wait = min(wait, time.Second) // they exceed their share for now
	}
	return max(wait, time.Millisecond)
}

func (w *writerState) releaseWritten() {
	for i := range w.written {
		w.written[i].release()
		w.written[i] = item{}
	}
	w.written = w.written[:0]
}
