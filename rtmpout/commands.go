package rtmpout

import (
	"errors"
	"strings"

	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
)

// Transactions of the commands we send. publish has one too, as every peer does it
// so, although section 7.2.2 says 0.
const (
	txConnect       = 1
	txReleaseStream = 2
	txFCPublish     = 3
	txCreateStream  = 4
	txPublish       = 5
	txFCUnpublish   = 6
)

// reply is a command from the server, as far as we look at it. An empty name is
// none.
type reply struct {
	name        string
	transaction float64
	result      any         // third value: the command object, Properties of connect
	number      *float64    // fourth value, when it is a number
	info        amf0.Object // fourth value, or the first object from there on
	code        string
	level       string
	description string
	said        string // the description as it came, for authentication only
}

// maxSaid is far longer than any challenge.
const maxSaid = 2048

const replyEOF = "\x00eof" // Stream EOF of our stream, which is no command

// parseReply is tolerant: a value that is missing or of another type is as if it
// had not been sent (servers leave out levels, descriptions, whole objects).
func parseReply(data []byte, t Target) reply {
	values, _ := amf0.Decode(data)
	var r reply
	if len(values) == 0 {
		return r
	}
	r.name, _ = values[0].(string)
	if len(values) > 1 {
		r.transaction, _ = values[1].(float64)
	}
	if len(values) > 2 {
		r.result = values[2]
	}
	if len(values) > 3 {
		if f, ok := values[3].(float64); ok {
			r.number = &f
		}
	}
	for _, v := range values[min(2, len(values)):] {
		o := amf0.Properties(v)
		if code, ok := o.Get("code").(string); ok {
			r.info = o
			r.code = t.sanitize(code)
			r.level, _ = o.Get("level").(string)
			description, _ := o.Get("description").(string)
			r.description = t.sanitize(description)
			r.said = description[:min(len(description), maxSaid)]
			break
		}
	}
	if r.info == nil && len(values) > 3 {
		r.info = amf0.Properties(values[3])
	}
	return r
}

// fatal tells whether a status ends the attempt or the stream (section 7.2.2 and
// E-RTMP's table of onStatus codes). What nobody has heard of goes by its level.
func (r reply) fatal() bool {
	switch r.code {
	case "NetStream.Publish.Start", "NetStream.Publish.Idle", "NetStream.Unpublish.Success",
		"NetConnection.Connect.Success", "NetConnection.Connect.NetworkChange", "NetConnection.Connect.ReconnectRequest",
		"NetStream.Publish.NetworkChange":
		return false
	case "NetStream.Publish.BadName", "NetStream.Publish.Denied", "NetStream.Publish.Rejected", "NetStream.Failed",
		"NetConnection.Connect.Rejected", "NetConnection.Connect.InvalidApp", "NetConnection.Connect.Failed",
		"NetConnection.Connect.AppShutdown", "NetConnection.Connect.Closed":
		return true
	}
	if strings.HasPrefix(r.code, "NetStream.Record.") {
		return false
	}
	return r.level == "error"
}

func (r reply) rejection() error { return &RejectedError{r.code, r.description} }

// end returns why a command that may come at any time ends the connection, or nil.
func (r reply) end() error {
	switch r.name {
	case replyEOF:
		return &ClosedError{Code: "StreamEOF"}
	case "close":
		return &ClosedError{Code: "close"}
	case "onStatus", "_error":
		if r.fatal() {
			return r.rejection()
		}
	}
	return nil
}

func command(b []byte, chunkSize int, values ...any) []byte {
	return wire.AppendMessage(b, wire.Message{
		ChunkStream: commandStream, Type: wire.TypeCommand,
		Data: amf0.Append(nil, values...),
	}, chunkSize)
}

// await reads until accept has seen what it waits for.
func (l *link) await(accept func(reply) (bool, error)) error {
	for {
		r, err := l.receive()
		if err == nil {
			err = l.flushReplies()
		}
		if err != nil {
			return err
		}
		if r.name == "" {
			continue
		}
		if done, err := accept(r); done || err != nil {
			return err
		}
	}
}

// connect asks for the application (section 7.2.1.1, E-RTMP Enhancing connect).
func (l *link) connect(auth *authenticator) error {
	app := l.target.App() + auth.query(l.target.App())
	url := l.target.serverURL(app)
	o := l.opts
	properties := amf0.Object{
		{Name: "app", Value: app},
		{Name: "type", Value: "nonprivate"},
		{Name: "flashVer", Value: "FMLE/3.0 (compatible; " + o.Encoder + ")"},
		{Name: "swfUrl", Value: url},
		{Name: "tcUrl", Value: url},
		{Name: "objectEncoding", Value: 0},
	}
	const canEncode = 2
	var list amf0.StrictArray
	var videoMap, audioMap amf0.Object
	for _, v := range o.videoTracks() {
		if videoMap.Get(string(v.Codec)) == nil {
			list = append(list, string(v.Codec))
			videoMap = append(videoMap, amf0.Property{Name: string(v.Codec), Value: canEncode})
		}
	}
	for _, a := range o.audioTracks() {
		if audioMap.Get(string(a.Codec)) == nil {
			list = append(list, string(a.Codec))
			audioMap = append(audioMap, amf0.Property{Name: string(a.Codec), Value: canEncode})
		}
	}
	if len(list) > 0 {
		properties = append(properties, amf0.Property{Name: "fourCcList", Value: list})
	}
	if len(videoMap) > 0 {
		properties = append(properties, amf0.Property{Name: "videoFourCcInfoMap", Value: videoMap},
			amf0.Property{Name: "videoFunction", Value: 2 | 4}) // HDR, metadata packets
	}
	if len(audioMap) > 0 {
		properties = append(properties, amf0.Property{Name: "audioFourCcInfoMap", Value: audioMap})
	}
	properties = append(properties, amf0.Property{Name: "capsEx", Value: 1 | 2 | 4 | 8}) // reconnect, multitrack, ModEx, ns

	// Set Chunk Size comes first, as from OBS. The request for acknowledgements
	// comes after connect: ffmpeg's server accepts nothing else before it.
	b := wire.AppendControl(nil, wire.TypeSetChunkSize, uint32(o.ChunkSize))
	b = command(b, o.ChunkSize, "connect", txConnect, properties)
	b = wire.AppendControl(b, wire.TypeWindowAckSize, uint32(o.WindowAckSize))
	if err := l.send(b); err != nil {
		return err
	}
	return l.await(func(r reply) (bool, error) {
		failed := r.name == "_error" && r.transaction == txConnect || r.name == "onStatus" && r.fatal() ||
			r.name == "_result" && r.transaction == txConnect && r.fatal()
		switch {
		case failed:
			return true, l.refusal(r)
		case r.name == "close":
			return true, &ClosedError{Code: "close"}
		case r.name == "_result" && r.transaction == txConnect:
			l.server = readServerInfo(r)
			return true, nil
		}
		return false, nil
	})
}

// readServerInfo takes what the answer to connect tells. E-RTMP leaves open
// whether it is in Properties or in Information.
func readServerInfo(r reply) serverInfo {
	var s serverInfo
	for _, o := range []amf0.Object{amf0.Properties(r.result), r.info} {
		if v, ok := o.Get("fmsVer").(string); ok {
			s.version = v
		}
		if v, ok := o.Get("capsEx").(float64); ok {
			s.caps |= CanEnhanced
			if v >= 0 && v < 256 {
				s.caps |= Capabilities(uint8(v) & 15)
			}
		}
		s.declare(o)
		for _, name := range []string{"fourCcList", "videoFourCcInfoMap", "audioFourCcInfoMap"} {
			if o.Get(name) != nil {
				s.caps |= CanEnhanced
			}
		}
	}
	return s
}

// createStream announces the publication in the old ways, whose answers nobody
// needs to wait for, and asks for a message stream (section 7.2.1.3).
func (l *link) createStream() error {
	size, key := l.opts.ChunkSize, l.target.key()
	b := command(nil, size, "releaseStream", txReleaseStream, nil, key)
	b = command(b, size, "FCPublish", txFCPublish, nil, key)
	b = command(b, size, "createStream", txCreateStream, nil)
	if err := l.send(b); err != nil {
		return err
	}
	return l.await(func(r reply) (bool, error) {
		switch {
		case r.name == "_error" && r.transaction == txCreateStream:
			return true, r.rejection()
		case r.name == "_result" && r.transaction == txCreateStream:
			id, ok := lastNumber(r)
			if !ok || id < 1 || id > 0xffffffff {
				return true, &ProtocolError{errors.New("createStream gave no stream")}
			}
			l.stream = uint32(id)
			return true, nil
		case r.name != "_error":
			return false, r.end()
		}
		return false, nil
	})
}

// lastNumber is createStream's result: the value after the command object, or the
// command object's place when a server leaves that out.
func lastNumber(r reply) (float64, bool) {
	if r.number != nil {
		return *r.number, true
	}
	f, ok := r.result.(float64)
	return f, ok
}

// publish offers the key (section 7.2.2.6).
func (l *link) publish() error {
	b := wire.AppendMessage(nil, wire.Message{
		ChunkStream: publishStream, Stream: l.stream, Type: wire.TypeCommand,
		Data: amf0.Append(nil, "publish", txPublish, nil, l.target.key(), l.opts.PublishType),
	}, l.opts.ChunkSize)
	if err := l.send(b); err != nil {
		return err
	}
	err := l.await(func(r reply) (bool, error) {
		switch {
		case r.name == "onStatus" && r.code == "NetStream.Publish.Start":
			return true, nil
		case r.name == "_error" && r.transaction == txPublish:
			return true, l.refusal(r)
		case r.name == "onStatus" && r.fatal():
			return true, l.refusal(r)
		case r.name != "_error":
			return false, r.end()
		}
		return false, nil
	})
	if err != nil {
		return err
	}
	return l.send(wire.AppendMessage(nil, wire.Message{
		ChunkStream: publishStream, Stream: l.stream, Type: wire.TypeData,
		Data: l.opts.metadata(),
	}, l.opts.ChunkSize))
}

// unpublish says the orderly goodbye (section 7.2.2.3).
func (l *link) unpublish(b []byte) []byte {
	size := l.opts.ChunkSize
	b = command(b, size, "FCUnpublish", txFCUnpublish, nil, l.target.key())
	return command(b, size, "deleteStream", 0, nil, float64(l.stream))
}

// askAuth is a refusal that asks for authentication. The description is as it came,
// not to be shown.
type askAuth struct{ description string }

func (e *askAuth) Error() string { return "authentication is needed" }

// askRedirect is a refusal that names another place.
type askRedirect struct{ url string }

func (e *askRedirect) Error() string { return "redirected" }

// refusal makes the cause out of a refused connect or publish.
func (l *link) refusal(r reply) error {
	if asksForPassword(r.said) {
		return &askAuth{r.said}
	}
	if ex := amf0.Properties(r.info.Get("ex")); ex != nil {
		if code, _ := ex.Get("code").(float64); code == 302 {
			if url, ok := ex.Get("redirect").(string); ok && url != "" {
				return &askRedirect{url}
			}
			return &RedirectError{"the server named no place"}
		}
	}
	return r.rejection()
}
