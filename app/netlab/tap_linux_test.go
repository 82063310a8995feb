package netlab

import (
	"io"
	"net"
	"sync"
	"time"

	"tally/rtmpout/rtmptest"
)

// tap stands in front of nginx, hands everything on, and notes when which
// picture came.
type tap struct {
	lane *lane

	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]struct{}
	up       time.Time // listens since
	frames   []frame
	sessions int
}

// frame is a picture that has arrived.
type frame struct {
	at      time.Time
	stamp   time.Duration // RTMP's
	size    int
	session int
}

func (p *tap) listen() {
	var l net.Listener
	err := p.lane.inServer(func() (err error) {
		l, err = net.Listen("tcp4", ":1935")
		return err
	})
	if err != nil {
		p.lane.t.Errorf("the server cannot listen: %v", err)
		return
	}
	p.mu.Lock()
	p.listener, p.conns, p.up = l, map[net.Conn]struct{}{}, time.Now()
	p.mu.Unlock()
	go p.accept(l)
}

func (p *tap) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go p.carry(c)
	}
}

// carry connects one client with nginx.
func (p *tap) carry(client net.Conn) {
	var server net.Conn
	err := p.lane.inServer(func() (err error) {
		server, err = net.Dial("tcp4", "127.0.0.1:1936")
		return err
	})
	if err != nil {
		reset(client)
		return
	}
	p.mu.Lock()
	p.conns[client] = struct{}{}
	p.sessions++
	session := p.sessions
	p.mu.Unlock()
	read, write := io.Pipe()
	go p.watch(read, session)
	go func() {
		io.Copy(client, server)
		reset(client)
	}()
	io.Copy(io.MultiWriter(server, write), client)
	write.Close()
	server.Close()
	reset(client)
	p.mu.Lock()
	delete(p.conns, client)
	p.mu.Unlock()
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.Close()
}

// watch reads what a client sends, as a server would.
func (p *tap) watch(sent *io.PipeReader, session int) {
	defer io.Copy(io.Discard, sent)
	c := rtmptest.NewConn(onlyRead{r: sent})
	if c.Handshake() != nil {
		return
	}
	for {
		m, err := c.ReadMessage()
		if err != nil {
			return
		}
		if m.Type != rtmptest.TypeVideo || len(m.Data) < 6 || m.Data[1] != 1 {
			continue
		}
		p.mu.Lock()
		p.frames = append(p.frames, frame{time.Now(), time.Duration(m.Time) * time.Millisecond, len(m.Data), session})
		p.mu.Unlock()
	}
}

// onlyRead is a connection whose other direction goes nowhere.
type onlyRead struct {
	net.Conn
	r io.Reader
}

func (o onlyRead) Read(b []byte) (int, error)  { return o.r.Read(b) }
func (o onlyRead) Write(b []byte) (int, error) { return len(b), nil }

// cut resets every connection.
func (p *tap) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.conns {
		reset(c)
	}
}

// close refuses everybody from now on.
func (p *tap) close() {
	p.mu.Lock()
	p.listener.Close()
	p.mu.Unlock()
	p.cut()
}

// received is what came from one time to another.
func (p *tap) received(from, to time.Time) []frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []frame
	for _, f := range p.frames {
		if !f.at.Before(from) && f.at.Before(to) {
			list = append(list, f)
		}
	}
	return list
}
