package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// slow reads at a given rate, a little at a time, and remembers when each byte came.
type slow struct {
	net.Conn
	rate float64 // bytes per second
	next time.Time

	mu       sync.Mutex
	total    uint64
	arrivals []arrival
}

type arrival struct {
	position uint64 // bytes of the connection up to here
	at       time.Time
}

func (s *slow) Read(b []byte) (int, error) {
	time.Sleep(time.Until(s.next))
	n, err := s.Conn.Read(b[:min(len(b), 1448)])
	now := time.Now()
	if s.next.Before(now.Add(-20 * time.Millisecond)) {
		s.next = now
	}
	s.next = s.next.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
	s.mu.Lock()
	s.total += uint64(n)
	s.arrivals = append(s.arrivals, arrival{s.total, now})
	s.mu.Unlock()
	return n, err
}

// came is when the byte before position was read.
func (s *slow) came(position uint64) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.arrivals {
		if a.position >= position {
			return a.at
		}
	}
	return time.Now()
}

// sound is one audio message as it is given to the publisher.
type sound struct {
	at     time.Time
	sent   uint64 // bytes that TCP had sent by then: they are the link's
	unsent int    // bytes that the kernel had but had not sent
}

// audioDelay is how much later sound leaves because a key frame of 1 MB is on its
// way over a link of 5 Mbit/s. Bytes that TCP had sent before the sound was given to
// the publisher are on the link, whose queue no sender can pass: the publisher's
// part is counted from the arrival of the last one of them.
func audioDelay() error {
	const rate = 5e6 / 8
	// Segments as on a real path, and next to no buffer at its end.
	small := func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) {
			syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1448)
			syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 8192)
		})
	}
	l, err := (&net.ListenConfig{Control: small}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	arrived := make(chan time.Time, 1000)
	link := &slow{rate: rate}
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		link.Conn = nc
		c := rtmptest.NewConn(link)
		c.Accept()
		for {
			m, err := c.ReadMessage()
			if err != nil {
				return
			}
			if m.Type == rtmptest.TypeAudio && m.Data[1] == 1 {
				arrived <- time.Now()
			}
		}
	}()
	target, err := rtmpout.ParseTarget("rtmp://"+l.Addr().String()+"/app", "key")
	if err != nil {
		return err
	}
	var socket syscall.RawConn
	o := rtmpout.Options{
		Video: &rtmpout.VideoTrack{Config: []byte{1}}, Audio: &rtmpout.AudioTrack{Config: []byte{1}}, Interleave: -1, QueueTime: 10 * time.Second,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := (&net.Dialer{Control: small}).DialContext(ctx, network, address)
			if err == nil {
				socket, err = nc.(*net.TCPConn).SyscallConn()
			}
			return nc, err
		},
	}
	p, err := rtmpout.Dial(context.Background(), target, o)
	if err != nil {
		return err
	}
	defer func() { p.Abort(); <-p.Done() }()
	given := func() (s sound) {
		s.at = time.Now()
		socket.Control(func(fd uintptr) {
			if i, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
				s.sent, s.unsent = i.Bytes_sent-i.Bytes_retrans, int(i.Notsent_bytes)
			}
		})
		return s
	}
	// times are the largest of a run.
	type times struct {
		total, link, own time.Duration
		unsent           int
	}
	run := func(key bool) (most times, err error) {
		var sounds []sound
		for i := range 70 {
			at := time.Since(start)
			size := 5000 // 2 Mbit/s of picture
			if key && i == 20 {
				size = 1_000_000
			}
			if !key || i <= 20 {
				err = errors.Join(err, p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Key: true, Data: make([]byte, size)}))
			}
			if key && i == 20 {
				time.Sleep(5 * time.Millisecond) // the key frame is under way, and fills the link
			}
			sounds = append(sounds, given())
			err = errors.Join(err, p.WriteAudio(rtmpout.Packet{DTS: at, Data: make([]byte, 400)}))
			time.Sleep(21 * time.Millisecond)
		}
		for i, s := range sounds {
			at := <-arrived
			if key && i < 20 {
				continue
			}
			free := link.came(s.sent)
			if free.Before(s.at) {
				free = s.at
			}
			most.total = max(most.total, at.Sub(s.at))
			most.link = max(most.link, free.Sub(s.at))
			most.own = max(most.own, at.Sub(free))
			most.unsent = max(most.unsent, s.unsent)
		}
		return most, err
	}
	without, err := run(false)
	if err != nil {
		return err
	}
	with, err := run(true)
	if err != nil {
		return err
	}
	chunk := time.Duration(4096 / rate * float64(time.Second))
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	fmt.Printf("\nsound on a link of 5 Mbit/s, largest of 70 and of 50 messages; a chunk of 4096 bytes takes %.1f ms\n", ms(chunk))
	fmt.Printf("%-52s %9s %15s %9s\n", "ms", "2 Mbit/s", "key frame 1 MB", "more")
	row := func(name string, a, b time.Duration) {
		fmt.Printf("%-52s %9.1f %15.1f %9.1f\n", name, ms(a), ms(b), ms(b-a))
	}
	row("publisher: behind bytes that TCP had not sent yet", without.own, with.own)
	row("link: until what TCP had sent before was read", without.link, with.link)
	row("both, from WriteAudio to the reader", without.total, with.total)
	fmt.Printf("bytes that waited unsent in the kernel: at most %d and %d\n", without.unsent, with.unsent)
	return nil
}
