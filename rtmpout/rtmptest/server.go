// Package rtmptest is an RTMP server to publish to, inside the process: for tests of
// publishers, in the spirit of net/http/httptest, and for programs that want to see
// what they would send to a real one.
//
//	srv, err := rtmptest.Listen(rtmptest.Config{
//		Publish: func(p rtmptest.Publication) (rtmptest.Receiver, error) { … },
//	})
//	defer srv.Close()
//	… publish to srv.URL("app") with any key
//
// A Config says what a server in good order does: whom it lets in, how it confirms
// bytes, when it stalls or cuts. For anything else there is Config.Script, which
// drives a [Conn] message by message or byte by byte.
package rtmptest

import (
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"time"

	"tally/rtmpout/internal/amf0"
	"tally/rtmpout/internal/wire"
)

// Config is a server's behaviour. The zero value accepts every publication and
// throws it away.
type Config struct {
	Address  string       // "127.0.0.1:0": a free port
	Listener net.Listener // instead of Address: where connections come from
	TLS      *tls.Config  // for rtmps

	// Connect is asked before an application is granted; an error refuses it, with
	// its own words if it is a *Reject.
	Connect func(Publication) error
	// Publish is asked before a key is granted, and returns who gets the messages;
	// nil throws them away.
	Publish func(Publication) (Receiver, error)

	// FourCCs are the codecs that the server declares as those of Enhanced RTMP; none:
	// it knows nothing of that.
	FourCCs []string

	Acks     AckStyle
	AckStart uint64        // where the count of received bytes begins, for tests of wraps
	Idle     time.Duration // longest silence of a client; 30 s

	// Script handles connections instead, from their first byte. It is called in
	// a goroutine for each; the connection is closed when it returns.
	Script func(*Conn)
}

// Receiver gets one publication.
type Receiver interface {
	// Message gets each audio, video and data message, in the order in which they
	// are whole. Data is valid during the call. An error cuts the connection.
	Message(Message) error
	// End is called once: with nil after FCUnpublish or deleteStream, with the
	// error when the connection was lost or cut.
	End(error)
}

// Server is a running server.
type Server struct {
	config   Config
	listener net.Listener

	mu    sync.Mutex
	conns map[*Conn]struct{}
	total int
	wg    sync.WaitGroup
}

// maxConns at a time; more are closed at once.
const maxConns = 64

// Listen starts a server.
func Listen(c Config) (*Server, error) {
	if c.Address == "" {
		c.Address = "127.0.0.1:0"
	}
	if c.Idle == 0 {
		c.Idle = 30 * time.Second
	}
	l := c.Listener
	if l == nil {
		var err error
		if l, err = net.Listen("tcp", c.Address); err != nil {
			return nil, err
		}
	}
	s := &Server{config: c, listener: l, conns: make(map[*Conn]struct{})}
	s.wg.Go(s.serve)
	return s, nil
}

// Address is host:port.
func (s *Server) Address() string { return s.listener.Addr().String() }

// URL is the server URL for an application.
func (s *Server) URL(app string) string {
	if s.config.TLS != nil {
		return "rtmps://" + s.Address() + "/" + app
	}
	return "rtmp://" + s.Address() + "/" + app
}

// Connections is how many were accepted so far.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.total
}

// Cut resets all connections that are open; the server goes on.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.Reset()
	}
}

// Close ends all connections and waits for everything the server has started.
func (s *Server) Close() {
	s.listener.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Server) serve() {
	for {
		nc, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			time.Sleep(10 * time.Millisecond) // out of descriptors, for instance
			continue
		}
		var c *Conn
		if s.config.TLS != nil {
			c = NewConn(tls.Server(nc, s.config.TLS))
		} else {
			c = NewConn(nc)
		}
		c.Declares = declaration(s.config.FourCCs)
		c.acks = acker{style: s.config.Acks, start: s.config.AckStart}
		s.mu.Lock()
		s.total++
		if len(s.conns) >= maxConns {
			s.mu.Unlock()
			c.Close()
			continue
		}
		s.conns[c] = struct{}{}
		s.mu.Unlock()
		s.wg.Go(func() {
			defer func() {
				s.mu.Lock()
				delete(s.conns, c)
				s.mu.Unlock()
				c.Close()
			}()
			if s.config.Script != nil {
				s.config.Script(c)
			} else {
				s.session(c)
			}
		})
	}
}

// ErrCut is what a Receiver ends with when the client vanished without a goodbye.
var ErrCut = errors.New("rtmptest: connection lost without FCUnpublish or deleteStream")

func (s *Server) session(c *Conn) {
	c.Deadline(15 * time.Second)
	var to Receiver
	_, err := c.accept(s.config.Connect, func(p Publication) (err error) {
		if s.config.Publish != nil {
			to, err = s.config.Publish(p)
		}
		return err
	})
	if errors.Is(err, errRefused) {
		c.SetReadDeadline(time.Now().Add(time.Second)) // let the client read why
		for err = nil; err == nil; {
			_, err = c.ReadMessage()
		}
		return
	}
	if err == nil {
		c.SetDeadline(time.Time{})
		err = s.receive(c, to)
	}
	if to != nil {
		to.End(err)
	}
}

// receive forwards messages until the client says goodbye (nil) or is lost.
func (s *Server) receive(c *Conn, to Receiver) error {
	goodbye := false
	for {
		c.SetReadDeadline(time.Now().Add(s.config.Idle))
		m, err := c.ReadMessage()
		if err != nil && goodbye {
			return nil
		}
		if err != nil {
			return errors.Join(ErrCut, err)
		}
		switch m.Type {
		case wire.TypeAudio, wire.TypeVideo, wire.TypeData:
			if to == nil {
				continue
			}
			if err := to.Message(m); err != nil {
				c.Reset()
				return err
			}
		case wire.TypeCommand:
			cmd, _ := ParseCommand(m)
			switch cmd.Name {
			case "deleteStream":
				c.WriteStatus(m.Stream, "status", "NetStream.Unpublish.Success", "Stopped publishing.")
				c.SetReadDeadline(time.Now().Add(2 * time.Second))
				for { // until the client closes
					if _, err := c.ReadMessage(); err != nil {
						return nil
					}
				}
			case "FCUnpublish":
				goodbye = true
				c.WriteCommand(0, "onFCUnpublish", 0, nil, Status("status", "NetStream.Unpublish.Success", ""))
			}
		}
	}
}

// declaration is what the answer to connect says about codecs.
func declaration(fourCCs []string) Object {
	if len(fourCCs) == 0 {
		return nil
	}
	var list amf0.StrictArray
	for _, c := range fourCCs {
		list = append(list, c)
	}
	return Object{{Name: "fourCcList", Value: list}, {Name: "capsEx", Value: 0}}
}
