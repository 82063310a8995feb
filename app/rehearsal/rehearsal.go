// Package rehearsal is a destination for somebody who has set up nothing: a
// server inside the program that receives the show over a real loopback socket,
// looks at it as a service would, and shows it to nobody.
package rehearsal

import (
	"fmt"
	"time"

	"tally/rtmpout/rtmptest"
)

// Server receives one rehearsal after the other. Start makes it, Close ends it.
type Server struct {
	server *rtmptest.Server
	in     *inspector
}

// Start listens on a free port of the loopback interface.
func Start() (*Server, error) {
	s := &Server{in: &inspector{}}
	var err error
	s.server, err = rtmptest.Listen(rtmptest.Config{
		FourCCs: []string{"avc1", "hvc1", "av01", "mp4a", "Opus"},
		Publish: func(rtmptest.Publication) (rtmptest.Receiver, error) { return receiver{s.in}, nil },
	})
	if err != nil {
		return nil, fmt.Errorf("rehearsal: listen on this machine: %w", err)
	}
	return s, nil
}

// URL is where to publish, with any key.
func (s *Server) URL() string { return s.server.URL("rehearsal") }

// Report is what has arrived so far.
func (s *Server) Report() Report { return s.in.Report() }

// Close ends the server and everything that it started.
func (s *Server) Close() error {
	s.server.Close()
	return nil
}

// receiver hands the messages of one connection to the inspector.
type receiver struct{ in *inspector }

func (r receiver) Message(m rtmptest.Message) error {
	at := time.Duration(m.Time) * time.Millisecond
	switch m.Type {
	case rtmptest.TypeVideo:
		r.in.onVideo(time.Now(), at, m.Data)
	case rtmptest.TypeAudio:
		r.in.onAudio(time.Now(), at, m.Data)
	}
	return nil
}

func (r receiver) End(err error) {
	if err == nil {
		r.in.ended()
	}
}
