package rtmptest

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
)

// Message is one RTMP message. Its data is valid until the next one is read.
type Message = wire.Message

// Types of messages, RTMP 1.0 sections 5.4 and 7.1.
const (
	TypeSetChunkSize  = wire.TypeSetChunkSize
	TypeAck           = wire.TypeAck
	TypeUserControl   = wire.TypeUserControl
	TypeWindowAckSize = wire.TypeWindowAckSize
	TypeAudio         = wire.TypeAudio
	TypeVideo         = wire.TypeVideo
	TypeData          = wire.TypeData
	TypeCommand       = wire.TypeCommand
)

// Values of commands and data.
type (
	Object    = amf0.Object
	Property  = amf0.Property
	ECMAArray = amf0.ECMAArray
	Undefined = amf0.Undefined
)

// Command is a decoded command or data message.
type Command struct {
	Name        string
	Transaction float64
	Args        []any // what follows; Args[0] is the command object
	Stream      uint32
	ChunkStream uint32
}

// Arg returns Args[i], or nil.
func (c Command) Arg(i int) any {
	if i < len(c.Args) {
		return c.Args[i]
	}
	return nil
}

// Conn is the server's end of one connection, to be driven step by step by a
// script. Reading is for one goroutine, writing for any.
type Conn struct {
	net.Conn
	br        *bufio.Reader
	rd        *wire.Reader
	ClientC1  []byte // after Handshake
	ClientC2  []byte
	writing   sync.Mutex
	ChunkSize int    // of what we write; change it with SetChunkSize
	Declares  Object // in the answer to connect: what Enhanced RTMP adds

	acks acker
}

// NewConn wraps an accepted connection.
func NewConn(c net.Conn) *Conn {
	br := bufio.NewReaderSize(c, 64<<10)
	return &Conn{
		Conn: c, br: br, ChunkSize: wire.DefaultChunkSize,
		rd: wire.NewReader(br, wire.Limits{Message: wire.MaxMessageSize, Partial: 2 * wire.MaxMessageSize, Streams: 64, Keep: 1 << 20}),
	}
}

// Handshake is the server's part of the simple handshake.
func (c *Conn) Handshake() error {
	if err := c.ReadC0C1(); err != nil {
		return err
	}
	s := make([]byte, 1+2*wire.HandshakeSize)
	s[0] = wire.Version
	rand.Read(s[1+8 : 1+wire.HandshakeSize])
	copy(s[1+wire.HandshakeSize:], c.ClientC1)
	if err := c.WriteRaw(s); err != nil {
		return err
	}
	return c.ReadC2()
}

// ErrVersion is a client that does not speak plain RTMP.
var ErrVersion = errors.New("rtmptest: client asks for another version of RTMP")

// ReadC0C1 reads the first 1537 bytes.
func (c *Conn) ReadC0C1() error {
	version, err := c.br.ReadByte()
	if err != nil {
		return err
	}
	if version != wire.Version {
		return ErrVersion
	}
	c.ClientC1 = make([]byte, wire.HandshakeSize)
	_, err = io.ReadFull(c.br, c.ClientC1)
	return err
}

// ReadC2 reads the last part of the handshake.
func (c *Conn) ReadC2() error {
	c.ClientC2 = make([]byte, wire.HandshakeSize)
	_, err := io.ReadFull(c.br, c.ClientC2)
	return err
}

// ReadByte reads past the chunk stream: for what comes before it.
func (c *Conn) ReadByte() (byte, error) { return c.br.ReadByte() }

// ReadMessage reads the next message of any type, and acknowledges as the client
// has asked.
func (c *Conn) ReadMessage() (Message, error) {
	m, err := c.rd.Read()
	if err != nil {
		return m, err
	}
	if m.Type == wire.TypeWindowAckSize {
		if n, ok := m.Uint32(); ok {
			c.acks.window = uint64(n)
		}
	}
	for _, v := range c.acks.due(c.rd.Count()) {
		if err := c.WriteRaw(wire.AppendControl(nil, wire.TypeAck, v)); err != nil {
			return m, err
		}
	}
	return m, nil
}

// ReadCommand reads up to the next command with one of the names, or to any command
// when there are none.
func (c *Conn) ReadCommand(names ...string) (Command, error) {
	for {
		m, err := c.ReadMessage()
		if err != nil {
			return Command{}, err
		}
		if m.Type != wire.TypeCommand {
			continue
		}
		cmd, err := ParseCommand(m)
		if err != nil {
			return cmd, err
		}
		if len(names) == 0 {
			return cmd, nil
		}
		for _, name := range names {
			if cmd.Name == name {
				return cmd, nil
			}
		}
	}
}

// ParseCommand decodes a command message.
func ParseCommand(m Message) (Command, error) {
	values, err := amf0.Decode(m.Data)
	cmd := Command{Stream: m.Stream, ChunkStream: m.ChunkStream}
	if len(values) == 0 {
		return cmd, fmt.Errorf("rtmptest: command without a name: %w", err)
	}
	cmd.Name, _ = values[0].(string)
	if len(values) > 1 {
		cmd.Transaction, _ = values[1].(float64)
		cmd.Args = values[2:]
	}
	return cmd, err
}

// ParseData decodes a data message: for @setDataFrame, Name is that and Args are
// the values after it.
func ParseData(m Message) (Command, error) {
	values, err := amf0.Decode(m.Data)
	cmd := Command{Stream: m.Stream, ChunkStream: m.ChunkStream}
	if len(values) > 0 {
		cmd.Name, _ = values[0].(string)
		cmd.Args = values[1:]
	}
	return cmd, err
}

// WriteRaw writes bytes as they are.
func (c *Conn) WriteRaw(b []byte) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err := c.Conn.Write(b)
	return err
}

// WriteMessage cuts a message into chunks and writes it.
func (c *Conn) WriteMessage(m Message) error {
	return c.WriteRaw(wire.AppendMessage(nil, m, c.ChunkSize))
}

// WriteCommand writes a command on the message stream.
func (c *Conn) WriteCommand(stream uint32, name string, values ...any) error {
	return c.WriteMessage(Message{
		ChunkStream: 3, Stream: stream, Type: wire.TypeCommand,
		Data: amf0.Append(amf0.Append(nil, name), values...),
	})
}

// WriteStatus writes onStatus with transaction 0.
func (c *Conn) WriteStatus(stream uint32, level, code, description string) error {
	return c.WriteCommand(stream, "onStatus", 0, nil, Status(level, code, description))
}

// Status is the information object of a status.
func Status(level, code, description string) Object {
	return Object{{Name: "level", Value: level}, {Name: "code", Value: code}, {Name: "description", Value: description}}
}

// SetChunkSize changes the size of what we write, and tells.
func (c *Conn) SetChunkSize(n int) error {
	err := c.WriteControl(wire.TypeSetChunkSize, uint32(n))
	c.ChunkSize = n
	return err
}

// WriteControl writes a protocol control message with one number.
func (c *Conn) WriteControl(kind uint8, value uint32) error {
	return c.WriteRaw(wire.AppendControl(nil, kind, value))
}

// WriteEvent writes a user control event.
func (c *Conn) WriteEvent(event uint16, values ...uint32) error {
	return c.WriteRaw(wire.AppendUserControl(nil, event, values...))
}

// WritePeerBandwidth writes Set Peer Bandwidth: limit is 0 hard, 1 soft, 2 dynamic.
func (c *Conn) WritePeerBandwidth(window uint32, limit byte) error {
	return c.WriteRaw(wire.AppendPeerBandwidth(nil, window, limit))
}

// Reset closes the connection by a TCP reset.
func (c *Conn) Reset() error {
	if t, ok := c.Conn.(interface{ SetLinger(int) error }); ok {
		t.SetLinger(0)
	}
	return c.Conn.Close()
}

// Deadline limits everything on the connection from now on.
func (c *Conn) Deadline(d time.Duration) { c.Conn.SetDeadline(time.Now().Add(d)) }
