package wire

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// ErrProtocol is what every violation of the chunk stream format is.
var ErrProtocol = errors.New("chunk stream violated")

func violation(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrProtocol, fmt.Sprintf(format, args...))
}

// Limits bound what a peer can make a [Reader] hold.
type Limits struct {
	Message int // bytes of one message
	Partial int // bytes of all messages begun and not yet whole
	Streams int // chunk streams in use
	Keep    int // bytes of buffer that a chunk stream keeps between messages
}

// Reader turns chunks into messages. Set Chunk Size and Abort take effect in it;
// they are returned like any other message.
type Reader struct {
	br        *bufio.Reader
	limits    Limits
	chunkSize uint32
	streams   map[uint32]*chunkStream
	partial   int
	count     uint64
	scratch   [16]byte
}

type chunkStream struct {
	id       uint32
	time     uint32
	delta    uint32
	ext      uint32 // the four extra bytes, when the last header had them
	hasExt   bool
	length   int
	kind     uint8
	stream   uint32
	begun    bool // a message is partly read
	declared bool // a header with length and type was seen
	buf      []byte
}

// NewReader reads from br, which should buffer 4 KiB or more.
func NewReader(br *bufio.Reader, limits Limits) *Reader {
	return &Reader{br: br, limits: limits, chunkSize: DefaultChunkSize, streams: make(map[uint32]*chunkStream)}
}

// Count is how many bytes all chunks read so far had, headers included.
func (r *Reader) Count() uint64 { return r.count }

// Read returns the next whole message. Its data is valid until the next call.
func (r *Reader) Read() (Message, error) {
	for {
		s, err := r.chunk()
		if err != nil {
			return Message{}, err
		}
		if s == nil {
			continue
		}
		m := Message{ChunkStream: s.id, Stream: s.stream, Time: s.time, Type: s.kind, Data: s.buf}
		r.partial -= len(s.buf)
		s.begun = false
		s.buf = r.reusable(s.buf)
		if err := r.control(m); err != nil {
			return Message{}, err
		}
		return m, nil
	}
}

// reusable keeps small buffers for the next message and leaves big ones to the
// garbage collector, so that a peer cannot make us hold one per chunk stream.
func (r *Reader) reusable(b []byte) []byte {
	if cap(b) > r.limits.Keep {
		return nil
	}
	return b[:0]
}

func (r *Reader) control(m Message) error {
	switch m.Type {
	case TypeSetChunkSize:
		n, ok := m.Uint32()
		if !ok || n == 0 || n > MaxChunkSize {
			return violation("chunk size %#x", n)
		}
		r.chunkSize = n
	case TypeAbort:
		if id, ok := m.Uint32(); ok {
			if s := r.streams[id]; s != nil && s.begun {
				r.partial -= len(s.buf)
				s.begun = false
				s.buf = r.reusable(s.buf)
			}
		}
	}
	return nil
}

func (r *Reader) bytes(n int) ([]byte, error) {
	b := r.scratch[:n]
	if _, err := io.ReadFull(r.br, b); err != nil {
		return nil, err
	}
	r.count += uint64(n)
	return b, nil
}

// basicHeader reads the format and the chunk stream ID (section 5.3.1.1).
func (r *Reader) basicHeader() (format byte, id uint32, err error) {
	b, err := r.bytes(1)
	if err != nil {
		return 0, 0, err
	}
	format, id = b[0]>>6, uint32(b[0]&0x3f)
	switch id {
	case 0:
		if b, err = r.bytes(1); err != nil {
			return 0, 0, noEOF(err)
		}
		id = 64 + uint32(b[0])
	case 1:
		if b, err = r.bytes(2); err != nil {
			return 0, 0, noEOF(err)
		}
		id = 64 + uint32(b[0]) + uint32(b[1])<<8
	}
	return format, id, nil
}

// noEOF is for ends inside a chunk: only an end between two is orderly.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// chunk reads one chunk and returns its stream when that made a message whole.
func (r *Reader) chunk() (*chunkStream, error) {
	format, id, err := r.basicHeader()
	if err != nil {
		return nil, err
	}
	s := r.streams[id]
	if s == nil {
		if len(r.streams) >= r.limits.Streams {
			return nil, violation("more than %d chunk streams", r.limits.Streams)
		}
		s = &chunkStream{id: id}
		r.streams[id] = s
	}
	if err := r.header(s, format); err != nil {
		return nil, noEOF(err)
	}
	if err := r.payload(s); err != nil {
		return nil, noEOF(err)
	}
	if len(s.buf) < s.length {
		return nil, nil
	}
	return s, nil
}

// header reads the message header (section 5.3.1.2) and the extended timestamp.
func (r *Reader) header(s *chunkStream, format byte) error {
	if s.begun && format != 3 {
		return violation("new header on chunk stream %d inside a message", s.id)
	}
	// librtmp starts chunk stream 2 with type 1 for its pings; the stream ID it
	// leaves out is 0 there by definition.
	if !s.declared && format != 0 && (format != 1 || s.id != 2) {
		return violation("chunk stream %d begins with header type %d", s.id, format)
	}
	if format == 3 {
		return r.continuation(s)
	}
	b, err := r.bytes([...]int{11, 7, 3}[format])
	if err != nil {
		return err
	}
	field := uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
	if format < 2 {
		s.length = int(b[3])<<16 | int(b[4])<<8 | int(b[5])
		s.kind = b[6]
	}
	if format == 0 {
		s.stream = binary.LittleEndian.Uint32(b[7:])
	}
	s.declared = true
	if s.length > r.limits.Message {
		return violation("message of %d bytes, more than %d", s.length, r.limits.Message)
	}
	if s.hasExt = field == ExtendedTime; s.hasExt {
		if b, err = r.bytes(4); err != nil {
			return err
		}
		field = binary.BigEndian.Uint32(b)
		s.ext = field
	}
	s.delta = field
	if format == 0 {
		s.time = field
	} else {
		s.time += field
	}
	s.begun = true
	return nil
}

// continuation handles type 3, whose extended timestamp some senders repeat and
// some do not: the four bytes are it only if they are the same.
func (r *Reader) continuation(s *chunkStream) error {
	if s.hasExt {
		var want [4]byte
		binary.BigEndian.PutUint32(want[:], s.ext)
		same := true
		for n := 1; n <= 4 && same; n++ { // byte by byte: the message may end before four more arrive
			b, err := r.br.Peek(n)
			if err != nil {
				if n > 1 && err == io.EOF {
					same = false
					break
				}
				return err
			}
			same = b[n-1] == want[n-1]
		}
		if same {
			if _, err := r.bytes(4); err != nil {
				return err
			}
		}
	}
	if !s.begun {
		s.begun = true
		s.time += s.delta
	}
	return nil
}

// payload reads this chunk's part of the message. Memory grows with the bytes that
// have come, not with the length that was promised.
func (r *Reader) payload(s *chunkStream) error {
	left := min(s.length-len(s.buf), int(r.chunkSize))
	if r.partial+left > r.limits.Partial {
		return violation("more than %d bytes of unfinished messages", r.limits.Partial)
	}
	for left > 0 {
		n := min(left, max(4096, len(s.buf)))
		old := len(s.buf)
		s.buf = slices.Grow(s.buf, n)[:old+n]
		if _, err := io.ReadFull(r.br, s.buf[old:]); err != nil {
			s.buf = s.buf[:old]
			return err
		}
		r.count += uint64(n)
		r.partial += n
		left -= n
	}
	return nil
}
