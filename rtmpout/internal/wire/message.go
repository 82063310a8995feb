// Package wire is RTMP's chunk stream (RTMP 1.0 section 5): reading chunks into
// messages, cutting messages into chunks, and the numbers both ends share. The
// publisher and the test server use it; neither holds protocol state in it beyond
// one direction of one connection.
package wire

import "encoding/binary"

// Message types, RTMP 1.0 sections 5.4 and 7.1.
const (
	TypeSetChunkSize  = 1
	TypeAbort         = 2
	TypeAck           = 3
	TypeUserControl   = 4
	TypeWindowAckSize = 5
	TypeSetPeerBW     = 6
	TypeAudio         = 8
	TypeVideo         = 9
	TypeCommandAMF3   = 17
	TypeData          = 18
	TypeCommand       = 20
)

// User control events, section 7.1.7.
const (
	EventStreamBegin  = 0
	EventStreamEOF    = 1
	EventStreamDry    = 2
	EventIsRecorded   = 4
	EventPingRequest  = 6
	EventPingResponse = 7
)

// Limit types of Set Peer Bandwidth, section 5.4.5.
const (
	LimitHard    = 0
	LimitSoft    = 1
	LimitDynamic = 2
)

// Sizes and bounds.
const (
	DefaultChunkSize = 128
	MaxChunkSize     = 0x7fffffff
	MaxMessageSize   = 0xffffff // 24-bit length field
	ExtendedTime     = 0xffffff // time field that announces four more bytes
	HandshakeSize    = 1536
	HandshakeBytes   = 1 + 2*HandshakeSize // C0+C1+C2, what each end sends
	Version          = 3
)

// Message is one whole RTMP message.
type Message struct {
	ChunkStream uint32
	Stream      uint32 // message stream ID; 0 is the connection itself
	Time        uint32 // ms, modulo 2^32
	Type        uint8
	Data        []byte
}

// Uint32 returns the first four bytes of Data as a number, as protocol control
// messages have it; false when there are fewer.
func (m Message) Uint32() (uint32, bool) {
	if len(m.Data) < 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(m.Data), true
}

// AppendMessage cuts m into chunks of at most chunkSize payload bytes, with a full
// (type 0) header, and appends them to b. Chunk streams up to 65599 are written in
// their shortest form.
func AppendMessage(b []byte, m Message, chunkSize int) []byte {
	b = appendBasicHeader(b, 0, m.ChunkStream)
	field := min(m.Time, ExtendedTime)
	b = append(b, byte(field>>16), byte(field>>8), byte(field))
	n := len(m.Data)
	b = append(b, byte(n>>16), byte(n>>8), byte(n), m.Type)
	b = binary.LittleEndian.AppendUint32(b, m.Stream)
	data := m.Data
	for {
		if field == ExtendedTime {
			b = binary.BigEndian.AppendUint32(b, m.Time)
		}
		part := min(len(data), chunkSize)
		b = append(b, data[:part]...)
		if data = data[part:]; len(data) == 0 {
			return b
		}
		b = appendBasicHeader(b, 3, m.ChunkStream)
	}
}

func appendBasicHeader(b []byte, format byte, id uint32) []byte {
	switch {
	case id < 64:
		return append(b, format<<6|byte(id))
	case id < 320:
		return append(b, format<<6, byte(id-64))
	}
	return append(b, format<<6|1, byte(id-64), byte((id-64)>>8))
}

// AppendControl appends a protocol control message with one 32-bit number, on
// chunk stream 2 and message stream 0 (section 5.4).
func AppendControl(b []byte, kind uint8, value uint32) []byte {
	var data [4]byte
	binary.BigEndian.PutUint32(data[:], value)
	return AppendMessage(b, Message{ChunkStream: 2, Type: kind, Data: data[:]}, DefaultChunkSize)
}

// AppendUserControl appends a user control event with its data.
func AppendUserControl(b []byte, event uint16, values ...uint32) []byte {
	data := binary.BigEndian.AppendUint16(make([]byte, 0, 16), event)
	for _, v := range values {
		data = binary.BigEndian.AppendUint32(data, v)
	}
	return AppendMessage(b, Message{ChunkStream: 2, Type: TypeUserControl, Data: data}, DefaultChunkSize)
}

// AppendPeerBandwidth appends Set Peer Bandwidth.
func AppendPeerBandwidth(b []byte, window uint32, limit byte) []byte {
	data := append(binary.BigEndian.AppendUint32(make([]byte, 0, 5), window), limit)
	return AppendMessage(b, Message{ChunkStream: 2, Type: TypeSetPeerBW, Data: data}, DefaultChunkSize)
}
