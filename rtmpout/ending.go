package rtmpout

import (
	"context"
	"crypto/tls"
	"io"
	"time"
)

// Close ends the stream in good order: it sends what is queued until ctx is done
// (at most 5 s), says goodbye to the server, waits at most 1 s for its answer and
// closes the connection. The error is that of Err. It may be called more than once.
func (p *Publisher) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	p.mu.Lock()
	p.closing = true
	p.mu.Unlock()
	p.signal()
	select {
	case <-p.done:
		return p.Err()
	case <-ctx.Done():
	}
	p.mu.Lock()
	p.hurry = true
	p.link.hurry.Store(true)
	p.link.tcp.SetWriteDeadline(time.Now().Add(hurryTime))
	p.mu.Unlock()
	p.signal()
	<-p.done
	return p.Err()
}

// hurryTime is what a write has left when Close may not drain any longer.
const hurryTime = 300 * time.Millisecond

// Abort ends the stream at once and so that the server sees a failure, as after a
// lost connection: many keep the show open then for a reconnect. It does not wait;
// Done tells the end.
func (p *Publisher) Abort() { p.end(ErrAborted) }

// fail ends the stream because of cause.
func (p *Publisher) fail(s Step, cause error) {
	p.mu.Lock()
	server := p.link.target.Host()
	p.mu.Unlock()
	p.end(&Error{s, server, cause})
}

func (p *Publisher) end(err error) {
	p.mu.Lock()
	if !p.ended {
		p.ended, p.err = true, err
	}
	p.link.abort()
	if p.next != nil {
		p.next.abort()
	}
	p.mu.Unlock()
	p.cancel()
	p.signal()
}

// goodbye ends the publication in good order: the end of each track, FCUnpublish,
// deleteStream, up to a second for the server's answer, the end of TLS and TCP.
func (p *Publisher) goodbye(l *link) error {
	if err := p.sayGoodbye(l); err != nil {
		l.abort()
		return err
	}
	select {
	case <-l.goodbye:
	case <-l.readDone:
	case <-p.ctx.Done():
		l.abort()
		return nil
	case <-time.After(time.Second):
	}
	l.hangUp(200 * time.Millisecond)
	return nil
}

func (p *Publisher) sayGoodbye(l *link) error {
	c := &l.out
	c.reset()
	p.mu.Lock()
	if l.announced {
		p.endTracks(l)
	}
	p.mu.Unlock()
	c.finish()
	b := l.unpublish(nil)
	c.slices = append(c.slices, b)
	l.deadlineAt = time.Now().Add(time.Second)
	l.tcp.SetWriteDeadline(l.deadlineAt)
	return l.writeBatch()
}

// endTracks sends Sequence End for tracks in E-RTMP's form; sound only to servers
// that know it.
func (p *Publisher) endTracks(l *link) {
	for _, which := range [...]int{laneVideo, laneAudio} {
		if l.cut[which] {
			continue // a new message cannot begin inside another
		}
		tracks := p.videos
		if which == laneAudio {
			if tracks = p.audios; (l.server.caps|p.opts.Assume)&CanEnhanced == 0 {
				continue
			}
		}
		for i := range tracks {
			if tr := &tracks[i]; tr.enhanced && !tr.off {
				ms := l.out.media[which].time
				l.out.begin(which, ms, l.stream, tag{
					video: which == laneVideo, codec: tr.codec, track: tr.number,
					enhanced: true, packet: packetSequenceEnd, key: true,
				}, nil)
			}
		}
	}
}

// hangUp closes the connection with close_notify and FIN, and gives the server that
// long to do the same, as closing with unread bytes would send a reset.
func (l *link) hangUp(wait time.Duration) {
	deadline := time.Now().Add(wait)
	l.tcp.SetDeadline(deadline)
	if c, ok := l.conn.(*tls.Conn); ok {
		c.CloseWrite()
	}
	if c, ok := l.tcp.(interface{ CloseWrite() error }); ok {
		c.CloseWrite()
	}
	if l.step != StepStream { // no reader yet
		io.Copy(io.Discard, io.LimitReader(l.conn, 1<<20))
	} else {
		select {
		case <-l.readDone:
		case <-time.After(wait):
		}
	}
	l.tcp.Close()
}

// discard lets go what is queued. A message of which a part has left is never
// finished, which the chunk stream allows.
func (p *Publisher) discard() {
	for _, q := range []*lane{&p.video, &p.audio} {
		for q.n > 0 {
			it := q.pop()
			it.release()
		}
	}
	for i := range p.w.sending {
		s := &p.w.sending[i]
		p.link.cut[i] = p.link.cut[i] || s.active
		s.release()
		*s = sending{}
	}
}

// finish is the end of run: nothing of the publisher is left when done is closed.
func (p *Publisher) finish() {
	p.mu.Lock()
	p.ended = true
	p.discard()
	p.link.abort()
	if p.next != nil {
		p.next.abort()
	}
	p.mu.Unlock()
	p.w.releaseWritten()
	p.w.timer.Stop()
	p.cancel()
	p.background.Wait()
	close(p.done)
}

// writeFailed ends the stream after a failed write. A server that refuses says why
// before it closes, so the reader's cause is the better one if it has one soon.
func (p *Publisher) writeFailed(l *link, err error) {
	if isTimeout(err) {
		p.stalled(l.stalled())
		return
	}
	select {
	case <-l.readDone: // which has called fail
	case <-time.After(300 * time.Millisecond):
	}
	p.fail(StepStream, netCause(err))
}

func (p *Publisher) goodbyeFailed(l *link, err error) {
	if isTimeout(err) {
		err = &StalledError{l.stalled(), 0}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		p.err = &Error{StepStream, l.target.Host(), netCause(err)}
	}
}

// stalled ends the stream because nothing has moved for that long.
func (p *Publisher) stalled(long time.Duration) {
	p.mu.Lock()
	queued := p.video.bytes + p.audio.bytes
	p.mu.Unlock()
	p.fail(StepStream, &StalledError{long, queued})
}
