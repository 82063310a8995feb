package rtmpout

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"tally/rtmpout/internal/wire"
)

// link is one connection to a server: from the socket to the message stream that
// is published on. Until it is live one goroutine reads and writes it (Dial's);
// then reading belongs to Publisher.read and writing to Publisher.run.
type link struct {
	target Target
	opts   *Options
	conn   net.Conn // what bytes go through: tcp or TLS over it
	tcp    net.Conn
	secure bool
	kernel kernelSocket

	rd     *wire.Reader
	server serverInfo
	stream uint32 // message stream ID, from createStream
	step   Step
	began  time.Time

	ackEvery  uint64 // bytes after which the server wants to hear from us
	ackedIn   uint64 // what we told it last
	countHook uint64 // tests: added to what we count as received

	replies replies
	flow    flow

	// Of the writer, once live.
	out        chunker
	pace       pace
	flight     flight
	replied    int         // bytes of replies
	warned     bool        // of too big a frame
	cut        [2]bool     // a message of that lane will never be whole
	announced  bool        // the tracks' configurations have been sent
	buffers    net.Buffers // the batch on its way through writev
	plain      []byte      // the batch before encryption
	writing    time.Time   // when the last write began
	progress   time.Time   // when a write last took bytes
	deadlineAt time.Time

	readDone chan struct{} // closed when the reader has ended
	goodbye  chan struct{} // closed when the server has confirmed the end
	bye      sync.Once
	closing  atomic.Bool // the goodbye is being said: an end is no failure
	hurry    atomic.Bool // a write that times out is not tried again
}

// serverInfo is what the server told about itself in its answer to connect.
type serverInfo struct {
	version string // fmsVer
	caps    Capabilities
	takes   []Codec // as far as it has declared that
}

// Bounds on what a server can make us hold. A publisher is sent nothing bigger
// than a status.
var serverLimits = wire.Limits{Message: 256 << 10, Partial: 512 << 10, Streams: 64, Keep: 4096}

const (
	commandStream = 3 // chunk stream of commands
	publishStream = 4 // of publish and metadata
	audioStream   = 6
	videoStream   = 7
)

// handshake is RTMP 1.0 section 5.2, the simple form that every server takes.
func (l *link) handshake() error {
	var c [1 + wire.HandshakeSize]byte
	c[0] = wire.Version
	c1 := c[1:]
	rand.Read(c1[8:])
	if _, err := l.conn.Write(c[:]); err != nil {
		return netCause(err)
	}
	br := bufio.NewReaderSize(l.conn, 4096)
	version, err := br.ReadByte()
	if err != nil {
		return netCause(err)
	}
	if version != wire.Version {
		return &NotRTMPError{foundBy(version)}
	}
	var s [wire.HandshakeSize]byte
	if _, err := io.ReadFull(br, s[:]); err != nil {
		return netCause(err)
	}
	// C2 echoes S1, but for the time at which it was read.
	binary.BigEndian.PutUint32(s[4:], uint32(time.Since(l.began).Milliseconds()))
	if _, err := l.conn.Write(s[:]); err != nil {
		return netCause(err)
	}
	if _, err := io.ReadFull(br, s[:]); err != nil {
		return netCause(err)
	}
	if string(s[8:]) != string(c1[8:]) { // servers that sign S2 do not echo
		if l.opts.StrictHandshake {
			return &ProtocolError{errors.New("the handshake does not echo our bytes")}
		}
		l.warn("the server's handshake does not echo our bytes")
	}
	l.rd = wire.NewReader(br, serverLimits)
	return nil
}

// foundBy guesses from its first byte what answered instead of an RTMP server.
func foundBy(first byte) Peer {
	switch first {
	case 'H':
		return PeerHTTP
	case 0x15, 0x16: // TLS alert, TLS handshake
		return PeerTLS
	}
	return PeerUnknown
}

func (l *link) warn(format string, args ...any) {
	if l.opts.Warn != nil {
		l.opts.Warn(l.target.sanitize(fmt.Sprintf(format, args...)))
	}
}

// open makes a connection and takes it up to and including the step last, each
// step with an absolute deadline. done is told how long each took; it may be nil.
func open(ctx context.Context, t Target, opts *Options, auth *authenticator, last Step, done func(Step, time.Duration)) (_ *link, err error) {
	l := &link{
		target: t, opts: opts, began: time.Now(), step: StepDNS, secure: t.Secure(),
		readDone: make(chan struct{}), goodbye: make(chan struct{}),
	}
	l.flow.init(opts)
	defer func() {
		if err != nil {
			l.abort()
			if _, closed := errors.AsType[*ClosedError](err); ctx.Err() != nil && (closed || isTimeout(err)) {
				err = context.Cause(ctx) // that the server hung up as well is no matter
			}
			err = &Error{l.step, t.Host(), err}
		}
	}()
	mark := l.began
	finish := func() {
		now := time.Now()
		if done != nil {
			done(l.step, now.Sub(mark))
		}
		mark = now
	}
	deadline := l.began.Add(opts.ConnectTimeout)
	dialCtx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	if l.tcp, err = dialTCP(dialCtx, t, opts, func() { finish(); l.step = StepTCP }); err != nil {
		return nil, err
	}
	l.step = StepTCP
	finish()
	l.conn = l.tcp
	l.kernel.init(l.tcp)
	stop := context.AfterFunc(ctx, func() { l.tcp.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	l.deadline(ctx, deadline)
	if l.secure {
		l.step = StepTLS
		if l.conn, err = startTLS(dialCtx, l.tcp, t, opts); err != nil {
			return nil, err
		}
		finish()
	}
	l.step = StepHandshake
	if err = l.handshake(); err != nil {
		return nil, err
	}
	finish()
	l.deadline(ctx, time.Now().Add(opts.PublishTimeout))
	for _, s := range []struct {
		step Step
		do   func() error
	}{
		{StepConnect, func() error { return l.connect(auth) }},
		{StepCreateStream, l.createStream},
		{StepPublish, l.publish},
	} {
		l.step = s.step
		if err = s.do(); err != nil {
			return nil, err
		}
		if s.step == StepConnect {
			if err = l.takes(); err != nil {
				return nil, err
			}
		}
		finish()
		if s.step == last {
			break
		}
	}
	if !stop() {
		return nil, context.Cause(ctx)
	}
	l.tcp.SetDeadline(time.Time{})
	if last == StepPublish {
		l.step = StepStream
	}
	l.out.init(opts.ChunkSize)
	l.pace.init(l)
	if l.secure {
		l.plain = make([]byte, 0, maxBatch+maxArena)
	}
	l.began = time.Now()
	return l, nil
}

// deadline sets t, unless ctx is done already and has set one in the past.
func (l *link) deadline(ctx context.Context, t time.Time) {
	l.tcp.SetDeadline(t)
	if ctx.Err() != nil {
		l.tcp.SetDeadline(time.Unix(1, 0))
	}
}

// abort ends the connection such that the server sees a failure and no end of the
// show: by a TCP reset.
func (l *link) abort() {
	if l.tcp == nil {
		return
	}
	if c, ok := l.tcp.(interface{ SetLinger(int) error }); ok {
		c.SetLinger(0)
	}
	l.tcp.Close()
}

// receive reads one message, deals with what concerns the connection itself, and
// returns a status or reply that is for the caller, if there was one.
func (l *link) receive() (reply, error) {
	m, err := l.rd.Read()
	if err != nil {
		if errors.Is(err, wire.ErrProtocol) {
			return reply{}, &ProtocolError{err}
		}
		return reply{}, netCause(err)
	}
	r := l.handle(m)
	l.acknowledge()
	return r, nil
}

// handle is everything a server may send at any time.
func (l *link) handle(m wire.Message) reply {
	switch m.Type {
	case wire.TypeAck:
		if v, ok := m.Uint32(); ok {
			l.flow.ack(v, time.Now())
		}
	case wire.TypeWindowAckSize:
		if v, ok := m.Uint32(); ok && v > 0 {
			l.ackEvery = max(uint64(v), 4096)
		}
	case wire.TypeSetPeerBW:
		if v, ok := m.Uint32(); ok && len(m.Data) >= 5 {
			if size, answer := l.flow.peerBandwidth(v, m.Data[4]); answer {
				l.replies.window(size)
			}
		}
	case wire.TypeUserControl:
		return l.userControl(m.Data)
	case wire.TypeCommandAMF3:
		if len(m.Data) > 0 && m.Data[0] == 0 {
			return parseReply(m.Data[1:], l.target)
		}
	case wire.TypeCommand:
		return parseReply(m.Data, l.target)
	}
	return reply{}
}

func (l *link) userControl(data []byte) reply {
	if len(data) < 6 {
		return reply{}
	}
	value := binary.BigEndian.Uint32(data[2:])
	switch binary.BigEndian.Uint16(data) {
	case wire.EventPingRequest:
		l.replies.pong(value)
	case wire.EventStreamEOF:
		if value == l.stream && l.stream != 0 {
			return reply{name: replyEOF}
		}
	}
	return reply{}
}

// acknowledge tells the server how much has come, at half of what it asks for.
func (l *link) acknowledge() {
	count := l.rd.Count() + l.countHook
	if l.ackEvery > 0 && count-l.ackedIn >= l.ackEvery/2 {
		l.ackedIn = count
		l.replies.ack(uint32(count))
	}
}

// flushReplies writes what is due while Dial owns both directions.
func (l *link) flushReplies() error {
	b := l.replies.take(nil, l.replyRoom(time.Now()))
	if len(b) == 0 {
		return nil
	}
	l.replied += len(b)
	return l.send(b)
}

// send writes whole chunks while Dial owns both directions.
func (l *link) send(b []byte) error {
	l.flow.writing(len(b))
	n, err := l.conn.Write(b)
	l.flow.wrote(n, time.Now())
	if err != nil {
		return netCause(err)
	}
	return nil
}
