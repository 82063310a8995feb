package rtmpout

import (
	"encoding/binary"

	"tally/rtmpout/internal/wire"
)

// chunker cuts media messages into chunks (RTMP 1.0 section 5.3) without copying
// their payload: a batch is a list of slices, of which the headers lie in the
// chunker's arena and the rest in the packets. It allocates only in init.
type chunker struct {
	size  int
	media [2]headerState // audio, video

	arena   []byte   // headers of the batch; never grows, so slices into it stay valid
	pending int      // where the part of the arena begins that is in no slice yet
	slices  [][]byte // the batch
	bytes   int      // its length
}

// headerState is what the reader at the other end remembers of a chunk stream.
type headerState struct {
	begun   bool
	time    int64 // ms, not wrapped
	delta   int64
	delayed bool // the last header had a delta, so that type 3 means the same one again
	length  int
	stream  uint32
}

const (
	laneAudio = 0
	laneVideo = 1
)

const (
	maxArena     = 16 << 10
	maxSlices    = 512                       // half of what writev takes
	maxHeader    = 1 + 11 + 4 + maxTagHeader // of a message
	maxNextChunk = 1 + 4
)

func (c *chunker) init(chunkSize int) {
	c.size = chunkSize
	c.arena = make([]byte, 0, maxArena)
	c.slices = make([][]byte, 0, maxSlices)
}

func (c *chunker) reset() {
	c.arena, c.pending, c.bytes = c.arena[:0], 0, 0
	clear(c.slices)
	c.slices = c.slices[:0]
}

// full tells that one more chunk may not fit the arena or the list.
func (c *chunker) full() bool {
	return len(c.arena)+maxHeader > cap(c.arena) || len(c.slices)+3 > cap(c.slices)
}

func (c *chunker) empty() bool { return len(c.slices) == 0 && len(c.arena) == 0 }

// control puts whole control messages in front of the batch. They do not count
// towards its length.
func (c *chunker) control(b []byte) {
	if len(b) > 0 {
		c.slices = append(c.slices, b)
	}
}

// finish completes the batch.
func (c *chunker) finish() {
	if c.pending < len(c.arena) {
		c.slices = append(c.slices, c.arena[c.pending:])
		c.pending = len(c.arena)
	}
}

func (c *chunker) payload(b []byte) {
	if len(b) == 0 {
		return
	}
	c.finish()
	c.slices = append(c.slices, b)
	c.bytes += len(b)
}

// outgoing is a media message on its way, of which a part may have left.
type outgoing struct {
	lane     int
	extended bool // the header had an extended timestamp, so every chunk repeats it
	time     uint32
	left     []byte
}

// begin writes a message's header and first chunk. time is in ms and not wrapped;
// tag is what precedes the data in the message.
func (c *chunker) begin(lane int, time int64, stream uint32, t tag, data []byte) outgoing {
	var head [maxTagHeader]byte
	prefix := t.append(head[:0])
	length := len(prefix) + len(data)
	kind, id := byte(wire.TypeAudio), byte(audioStream)
	if lane == laneVideo {
		kind, id = wire.TypeVideo, videoStream
	}
	s := &c.media[lane]
	out := outgoing{lane: lane, time: uint32(time)}
	delta := time - s.time
	start := len(c.arena)
	switch {
	case !s.begun || s.stream != stream || delta < 0 || delta >= wire.ExtendedTime:
		// Absolute time: also for gaps that would need an extended delta, which
		// servers have read as absolute (ossrs/srs#4356).
		field := min(uint32(time), wire.ExtendedTime)
		out.extended = field == wire.ExtendedTime
		c.arena = append(c.arena, 0<<6|id, byte(field>>16), byte(field>>8), byte(field),
			byte(length>>16), byte(length>>8), byte(length), kind)
		c.arena = binary.LittleEndian.AppendUint32(c.arena, stream)
		if out.extended {
			c.arena = binary.BigEndian.AppendUint32(c.arena, out.time)
		}
		s.delayed = false
	case s.length != length:
		c.arena = append(c.arena, 1<<6|id, byte(delta>>16), byte(delta>>8), byte(delta),
			byte(length>>16), byte(length>>8), byte(length), kind)
		s.delayed = true
	case !s.delayed || s.delta != delta:
		c.arena = append(c.arena, 2<<6|id, byte(delta>>16), byte(delta>>8), byte(delta))
		s.delayed = true
	default:
		c.arena = append(c.arena, 3<<6|id)
	}
	s.begun, s.time, s.delta, s.length, s.stream = true, time, delta, length, stream
	c.arena = append(c.arena, prefix...)
	c.bytes += len(c.arena) - start
	part := min(len(data), c.size-len(prefix))
	c.payload(data[:part])
	out.left = data[part:]
	return out
}

// next writes the next chunk of a message that begin has started.
func (c *chunker) next(out *outgoing) {
	start := len(c.arena)
	id := byte(audioStream)
	if out.lane == laneVideo {
		id = videoStream
	}
	c.arena = append(c.arena, 3<<6|id)
	if out.extended {
		c.arena = binary.BigEndian.AppendUint32(c.arena, out.time)
	}
	c.bytes += len(c.arena) - start
	part := min(len(out.left), c.size)
	c.payload(out.left[:part])
	out.left = out.left[part:]
}
