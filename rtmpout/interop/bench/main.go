// Command bench measures rtmpout beside gortmplib and ffmpeg and prints ratios:
//
//	go -C rtmpout/interop run ./bench
//
// or only some of it: messages, cpu, delay, memory. It takes about a minute. ffmpeg must
// be installed, and for delay ip, tc and unshare.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

func main() {
	if len(os.Args) == 4 && os.Args[1] == "publish" { // the child of cpuPerGB
		exitOn(publish(os.Args[2], os.Args[3]))
		return
	}
	for _, part := range []struct {
		name string
		do   func() error
	}{{"messages", messages}, {"cpu", cpuPerGB}, {"delay", audioDelay}, {"memory", memory}} {
		if len(os.Args) < 2 || slices.Contains(os.Args[1:], part.name) {
			exitOn(part.do())
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
	line := regexp.MustCompile(`BenchmarkMessage/(\S+)/(rtmpout|writev|gortmplib)\S*\s+\d+\s+([\d.]+) ns/op.*?(\d+) B/op\s+(\d+) allocs/op`)
	fmt.Printf("%-14s %12s %14s %8s   %s\n", "one message", "rtmpout ns", "gortmplib ns", "ratio", "allocations")
	var ns, floor float64
	var allocs string
	for _, m := range line.FindAllStringSubmatch(string(out), -1) {
		value, err := strconv.ParseFloat(m[3], 64)
		if err != nil {
			return err
		}
		switch m[2] {
		case "rtmpout":
			ns, allocs = value, m[5]
		case "writev":
			floor = value
		case "gortmplib":
			fmt.Printf("%-14s %12.0f %14.0f %7.1fx   %s against %s", m[1], ns, value, value/ns, allocs, m[5])
			if floor > 0 {
				fmt.Printf("; the bare writev calls take %.0f ns, so whoever adds nothing to them would reach %.1fx", floor, value/floor)
			}
			fmt.Println()
			floor = 0
		}
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
