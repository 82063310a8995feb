// Command bench measures rtmpout beside gortmplib and ffmpeg and prints ratios:
//
//	go -C rtmpout/interop run ./bench
//
// It takes about a minute. ffmpeg must be installed.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "publish" { // the child of cpuPerGB
		exitOn(publish(os.Args[2], os.Args[3]))
		return
	}
	for name, part := range map[string]func() error{"messages": messages, "cpu": cpuPerGB, "delay": audioDelay, "memory": memory} {
		if len(os.Args) < 2 || slices.Contains(os.Args[1:], name) {
			exitOn(part())
		}
	}
}

func exitOn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// messages runs BenchmarkMessage and pairs its lines.
func messages() error {
	out, err := exec.Command("go", "test", "-run", "^$", "-bench", "Message", "-benchtime", "1s", ".").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	line := regexp.MustCompile(`BenchmarkMessage/(\S+)/(rtmpout|gortmplib)\S*\s+\d+\s+([\d.]+) ns/op.*?(\d+) B/op\s+(\d+) allocs/op`)
	fmt.Printf("%-14s %15s %15s %8s   %s\n", "one message", "rtmpout ns", "gortmplib ns", "ratio", "allocations")
	var ns float64
	var allocs string
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return err
		}
		if m[2] == "rtmpout" {
			ns, allocs = value, m[5]
			continue
		}
		fmt.Printf("%-14s %15.0f %15.0f %7.1fx   %s against %s\n", m[1], ns, value, value/ns, allocs, m[5])
	}
	return nil
}

// cpuPerGB compares the processor time of two processes that send the same file to
// the same sink over loopback.
func cpuPerGB() error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "media.flv")
	if out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30,noise=alls=60:allf=t", "-f", "lavfi", "-i", "sine",
		"-t", "6", "-c:v", "libx264", "-preset", "ultrafast", "-b:v", "25M", "-maxrate", "25M", "-bufsize", "25M", "-g", "60", "-c:a", "aac", file).CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, out)
	}
	var received atomic.Int64
	srv, err := rtmptest.Listen(rtmptest.Config{Script: func(c *rtmptest.Conn) {
		if _, err := c.Accept(); err != nil {
			return
		}
		buf := make([]byte, 256<<10)
		for {
			n, err := c.Conn.Read(buf)
			received.Add(int64(n))
			if err != nil {
				return
			}
		}
	}})
	if err != nil {
		return err
	}
	defer srv.Close()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	url := srv.URL("app") + "/key"
	measure := func(name string, args ...string) (float64, error) {
		received.Store(0)
		cmd := exec.Command(name, args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		// Neither says goodbye to a server that does not read commands; what counts is
		// the processor time and that the bytes came.
		err := cmd.Run()
		if received.Load() < 100e6 {
			return 0, fmt.Errorf("%s sent %d bytes: %w: %s", name, received.Load(), err, stderr.Bytes())
		}
		cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		return cpu.Seconds() / float64(received.Load()) * 1e9, nil
	}
	var ours, theirs []float64
	for range 3 { // pair by pair
		a, err := measure(self, "publish", url, file)
		if err != nil {
			return err
		}
		b, err := measure("ffmpeg", "-v", "error", "-stream_loop", "19", "-i", file, "-c", "copy", "-f", "flv", url)
		if err != nil {
			return err
		}
		ours, theirs = append(ours, a), append(theirs, b)
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	fmt.Printf("\nprocessor time per GB over loopback: rtmpout %.2f s, ffmpeg -c copy %.2f s, ratio %.2f (medians of 3)\n", ours[1], theirs[1], ours[1]/theirs[1])
	return nil
}

// publish sends an FLV file twenty times, reading it each time, as fast as it goes.
func publish(url, path string) error {
	target, err := rtmpout.ParseTarget(url, "")
	if err != nil {
		return err
	}
	var p *rtmpout.Publisher
	for round := range 20 {
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		shift := time.Duration(round) * 7 * time.Second
		o := rtmpout.Options{Video: &rtmpout.VideoTrack{}, Audio: &rtmpout.AudioTrack{}, QueueBytes: 64 << 20, QueueTime: time.Minute, StallTimeout: time.Minute}
		for b = b[13:]; len(b) > 15; {
			kind, size := b[0], int(b[1])<<16|int(b[2])<<8|int(b[3])
			at := shift + time.Duration(uint32(b[7])<<24|uint32(b[4])<<16|uint32(b[5])<<8|uint32(b[6]))*time.Millisecond
			body := b[11 : 11+size]
			b = b[11+size+4:]
			switch {
			case kind == 9 && body[1] == 0 && p == nil:
				o.Video.Config = body[5:]
			case kind == 8 && body[1] == 0 && p == nil:
				o.Audio.Config = body[2:]
				if p, err = rtmpout.Dial(context.Background(), target, o); err != nil {
					return err
				}
			case kind == 9 && body[1] == 1:
				err = p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Key: body[0]>>4 == 1, Data: body[5:]})
			case kind == 8 && body[1] == 1:
				err = p.WriteAudio(rtmpout.Packet{DTS: at, Data: body[2:]})
			}
			if err != nil {
				return err
			}
		}
		for p.Stats().QueueBytes > 16<<20 {
			time.Sleep(2 * time.Millisecond)
		}
	}
	return p.Close(context.Background())
}

// slow reads at a given rate, a little at a time.
type slow struct {
	net.Conn
	rate float64 // bytes per second
	next time.Time
}

func (s *slow) Read(b []byte) (int, error) {
	time.Sleep(time.Until(s.next))
	n, err := s.Conn.Read(b[:min(len(b), 1448)])
	if now := time.Now(); s.next.Before(now.Add(-20 * time.Millisecond)) {
		s.next = now
	}
	s.next = s.next.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
	return n, err
}

// audioDelay is how much later sound arrives over a link of 5 Mbit/s because a key
// frame of 1 MB is on its way.
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
	go func() {
		nc, err := l.Accept()
		if err != nil {
			return
		}
		c := rtmptest.NewConn(&slow{Conn: nc, rate: rate})
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
	o := rtmpout.Options{Video: &rtmpout.VideoTrack{Config: []byte{1}}, Audio: &rtmpout.AudioTrack{Config: []byte{1}}, Interleave: -1, QueueTime: 10 * time.Second,
		DialContext: (&net.Dialer{Control: small}).DialContext}
	p, err := rtmpout.Dial(context.Background(), target, o)
	if err != nil {
		return err
	}
	defer func() { p.Abort(); <-p.Done() }()
	largest := func(key bool) (worst time.Duration, err error) {
		var given []time.Time
		for i := range 70 {
			at := time.Since(start)
			size := 5000 // 2 Mbit/s of picture
			if key && i == 20 {
				size = 1_000_000
			}
			if !key || i <= 20 {
				err = errors.Join(err, p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Key: true, Data: make([]byte, size)}))
			}
			given = append(given, time.Now())
			err = errors.Join(err, p.WriteAudio(rtmpout.Packet{DTS: at, Data: make([]byte, 400)}))
			time.Sleep(21 * time.Millisecond)
		}
		for _, g := range given {
			worst = max(worst, (<-arrived).Sub(g))
		}
		return worst, err
	}
	without, err := largest(false)
	if err != nil {
		return err
	}
	with, err := largest(true)
	if err != nil {
		return err
	}
	chunk := time.Duration(4096 / rate * float64(time.Second))
	fmt.Printf("\nsound on a 5 Mbit/s link: at most %v late, with a key frame of 1 MB %v: %v more (a chunk of 4096 bytes takes %v)\n",
		without.Round(100*time.Microsecond), with.Round(100*time.Microsecond), (with - without).Round(100*time.Microsecond), chunk.Round(100*time.Microsecond))
	return nil
}

var start = time.Now()

// memory is what a publisher holds when its server stops reading.
func memory() error {
	stop := make(chan struct{})
	srv, err := rtmptest.Listen(rtmptest.Config{Script: func(c *rtmptest.Conn) { c.Accept(); <-stop }})
	if err != nil {
		return err
	}
	defer srv.Close()
	defer close(stop)
	target, err := rtmpout.ParseTarget(srv.URL("app"), "key")
	if err != nil {
		return err
	}
	const queue = 4 << 20
	p, err := rtmpout.Dial(context.Background(), target, rtmpout.Options{Video: &rtmpout.VideoTrack{Config: []byte{1}}, QueueBytes: queue})
	if err != nil {
		return err
	}
	defer func() { p.Abort(); <-p.Done() }()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, most := heap(), uint64(0)
	for i := range 600 { // 60 MB
		at := time.Since(start)
		if err := p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Key: i%30 == 0, Data: make([]byte, 100_000)}); err != nil {
			return err
		}
		if i%20 == 0 {
			most = max(most, heap()-min(before, heap()))
		}
		time.Sleep(2 * time.Millisecond)
	}
	s := p.Stats()
	fmt.Printf("\nserver stops reading: 60 MB offered, heap grew by %.1f MiB at most (queue limit %d MiB), %d frames dropped\n",
		float64(most)/(1<<20), queue>>20, s.Dropped)
	return nil
}
