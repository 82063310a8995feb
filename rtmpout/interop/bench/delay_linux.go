package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// timed remembers when each byte came.
type timed struct {
	net.Conn
	mu       sync.Mutex
	total    uint64
	arrivals []arrival
}

type arrival struct {
	position uint64 // bytes of the connection up to here
	at       time.Time
}

func (s *timed) Read(b []byte) (int, error) {
	n, err := s.Conn.Read(b)
	s.mu.Lock()
	s.total += uint64(n)
	s.arrivals = append(s.arrivals, arrival{s.total, time.Now()})
	s.mu.Unlock()
	return n, err
}

// came is when the byte before position was read.
func (s *timed) came(position uint64) time.Time {
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
	sent   uint64 // bytes that TCP had sent by then: they are the line's
	unsent int    // bytes that the kernel had but had not sent
}

// times are the largest of a run.
type times struct {
	total, line, own time.Duration
	unsent           int
}

// audioDelay is how much later sound arrives because a key frame of 1 MB is on its way
// over a line of 5 Mbit/s. Bytes that TCP had sent before the sound was given to the
// publisher are the line's, whose queues no sender can pass: the publisher's part is
// counted from the arrival of the last one of them.
func audioDelay() error {
	if os.Getenv(namespaced) == "" {
		return inNamespaces("delay")
	}
	if err := makeLine(); err != nil {
		return err
	}
	l, err := listenAtServer()
	if err != nil {
		return err
	}
	defer l.Close()
	chunk := time.Duration(4096 * 8 * int64(time.Second) / lineRate)
	ms := func(d time.Duration) float64 { return float64(d) / 1e6 }
	fmt.Printf("\nsound on a line of 5 Mbit/s, largest of 70 and of 50 messages; a chunk of 4096 bytes takes %.1f ms\n", ms(chunk))
	for _, place := range []struct {
		name     string
		inRouter bool
	}{{"the line begins at this machine", false}, {"the line begins behind a router's queue of 64 KiB", true}} {
		if err := narrow(place.inRouter); err != nil {
			return err
		}
		without, err := playSound(l, false)
		if err != nil {
			return err
		}
		with, err := playSound(l, true)
		if err != nil {
			return err
		}
		fmt.Printf("%-52s %9s %15s %9s\n", place.name+", ms", "2 Mbit/s", "key frame 1 MB", "more")
		row := func(name string, a, b time.Duration) {
			fmt.Printf("  %-50s %9.1f %15.1f %9.1f\n", name, ms(a), ms(b), ms(b-a))
		}
		row("publisher: behind bytes that TCP had not sent yet", without.own, with.own)
		row("line: until what TCP had sent before was read", without.line, with.line)
		row("both, from WriteAudio to the reader", without.total, with.total)
		fmt.Printf("  bytes that waited unsent in the kernel: at most %d and %d\n", without.unsent, with.unsent)
	}
	return nil
}

// playSound publishes sound and 2 Mbit/s of pictures for a second and a half, or a key
// frame of 1 MB after some of it.
func playSound(l net.Listener, key bool) (most times, err error) {
	arrived := make(chan time.Time, 1000)
	line := new(timed)
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		line.Conn = nc
		c := rtmptest.NewConn(line)
		c.Accept()
		for {
			m, err := c.ReadMessage()
			if err != nil {
				close(arrived)
				return
			}
			if m.Type == rtmptest.TypeAudio && m.Data[1] == 1 {
				arrived <- time.Now()
			}
		}
	}()
	target, err := rtmpout.ParseTarget("rtmp://"+serverAt+"/app", "key")
	if err != nil {
		return most, err
	}
	var socket syscall.RawConn
	p, err := rtmpout.Dial(context.Background(), target, rtmpout.Options{
		Video: &rtmpout.VideoTrack{Config: []byte{1}}, Audio: &rtmpout.AudioTrack{Config: []byte{1}}, Interleave: -1, QueueTime: 10 * time.Second,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, address)
			if err == nil {
				socket, err = nc.(*net.TCPConn).SyscallConn()
			}
			return nc, err
		},
	})
	if err != nil {
		return most, err
	}
	defer func() { p.Abort(); <-p.Done() }()
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
			time.Sleep(5 * time.Millisecond) // the key frame is under way, and fills the line
		}
		sounds = append(sounds, given(socket))
		err = errors.Join(err, p.WriteAudio(rtmpout.Packet{DTS: at, Data: make([]byte, 400)}))
		time.Sleep(21 * time.Millisecond)
	}
	for i, s := range sounds {
		at, ok := <-arrived
		if !ok {
			return most, errors.Join(err, p.Err(), errors.New("sound did not arrive"))
		}
		if key && i < 20 {
			continue
		}
		free := line.came(s.sent)
		if free.Before(s.at) {
			free = s.at
		}
		most.total = max(most.total, at.Sub(s.at))
		most.line = max(most.line, free.Sub(s.at))
		most.own = max(most.own, at.Sub(free))
		most.unsent = max(most.unsent, s.unsent)
	}
	return most, err
}

// given asks the kernel how far it is.
func given(socket syscall.RawConn) (s sound) {
	s.at = time.Now()
	socket.Control(func(fd uintptr) {
		if i, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO); err == nil {
			s.sent, s.unsent = i.Bytes_sent-i.Bytes_retrans, int(i.Notsent_bytes)
		}
	})
	return s
}
