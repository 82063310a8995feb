package rtmptest

import (
	"bytes"
	"errors"

	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
)

// Publication is what a client asked for.
type Publication struct {
	App     string
	URL     string // tcUrl
	Key     string // publish name, byte for byte
	Kind    string // "live", …
	Connect Object // all properties of connect
	Stream  uint32
}

// Accept does everything from the handshake to Publish.Start as a plain server
// does.
func (c *Conn) Accept() (Publication, error) { return c.accept(nil, nil) }

// errRefused ends the dialogue after a refusal was written.
var errRefused = errors.New("rtmptest: refused")

func (c *Conn) accept(allow func(Publication) error, publish func(Publication) error) (Publication, error) {
	var p Publication
	if err := c.Handshake(); err != nil {
		return p, err
	}
	for {
		cmd, err := c.ReadCommand()
		if err != nil {
			return p, err
		}
		switch cmd.Name {
		case "connect":
			p.Connect = amf0.Properties(cmd.Arg(0))
			p.App, _ = p.Connect.Get("app").(string)
			p.URL, _ = p.Connect.Get("tcUrl").(string)
			if allow != nil {
				if err := allow(p); err != nil {
					c.WriteCommand(0, "_error", cmd.Transaction, nil, refusal(err, "NetConnection.Connect.Rejected"))
					return p, errRefused
				}
			}
			err = c.AcceptConnect(cmd)
		case "createStream":
			p.Stream = 1
			err = c.WriteCommand(0, "_result", cmd.Transaction, nil, 1)
		case "publish":
			p.Key, _ = cmd.Arg(1).(string)
			p.Kind, _ = cmd.Arg(2).(string)
			if publish != nil {
				if err := publish(p); err != nil {
					c.WriteCommand(p.Stream, "onStatus", 0, nil, refusal(err, "NetStream.Publish.BadName"))
					return p, errRefused
				}
			}
			c.WriteEvent(wire.EventStreamBegin, p.Stream)
			return p, c.WriteStatus(p.Stream, "status", "NetStream.Publish.Start", "Publishing "+p.App)
		}
		if err != nil {
			return p, err
		}
	}
}

// AcceptConnect answers connect as nginx-rtmp does.
func (c *Conn) AcceptConnect(cmd Command) error {
	var b bytes.Buffer
	b.Write(wire.AppendControl(nil, wire.TypeWindowAckSize, 5000000))
	b.Write(wire.AppendPeerBandwidth(nil, 5000000, wire.LimitDynamic))
	b.Write(wire.AppendControl(nil, wire.TypeSetChunkSize, 4096))
	if err := c.WriteRaw(b.Bytes()); err != nil {
		return err
	}
	c.ChunkSize = 4096
	return c.WriteCommand(0, "_result", cmd.Transaction,
		append(Object{{Name: "fmsVer", Value: "FMS/3,0,1,123"}, {Name: "capabilities", Value: 31}}, c.Declares...),
		append(Status("status", "NetConnection.Connect.Success", "Connection succeeded."), Property{Name: "objectEncoding", Value: 0}))
}

// Reject refuses with a status of the server's choice.
type Reject struct {
	Code, Description string
	More              Object // further properties of the status, such as "ex"
}

func (r *Reject) Error() string { return "rtmptest: " + r.Code }

func refusal(err error, code string) Object {
	var r *Reject
	if errors.As(err, &r) {
		return append(Status("error", r.Code, r.Description), r.More...)
	}
	return Status("error", code, err.Error())
}
