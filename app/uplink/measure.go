package uplink

import (
	"context"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"tally/rtmpout"
)

const (
	// Longest is how long a measurement takes at most, without connecting.
	Longest = 7 * time.Second
	// dialing bounds connecting.
	dialing = 8 * time.Second
	// mostBytes bounds what a measurement sends.
	mostBytes = 18_000_000
	// tick is the time from one picture and sample to the next.
	tick = time.Second / 30
	// slowest is the rate at which it begins, in bit/s.
	slowest = 600_000
	// Fastest is the most that is ever offered, in bit/s: no service takes more of
	// somebody who begins.
	Fastest = 20_000_000
	// step is how often the rate may grow.
	step = 250 * time.Millisecond
	// ahead is how much may wait here, so that the line never runs dry and nothing
	// is late by more.
	ahead = 250 * time.Millisecond
)

// ErrNothingArrived means that the server took the stream, and then next to
// nothing of it.
var ErrNothingArrived = errors.New("uplink: next to nothing of the stream arrived")

// Progress is how far a measurement is.
type Progress struct {
	Share float64 // of the time, 0 to 1
	Kbps  int     // that the line has taken in the last second
}

// Measure publishes to a server until it knows what the line to it carries, of up
// to most bit/s (0: [Fastest]). Options name us and the way; their tracks are not
// used. progress is called some times a second.
func Measure(ctx context.Context, to rtmpout.Target, o rtmpout.Options, most int, progress func(Progress)) (Result, error) {
	if most == 0 || most > Fastest {
		most = Fastest
	}
	f := newFilm()
	o.Audio, o.MoreAudio, o.MoreVideo = nil, nil, nil
	o.Video = &rtmpout.VideoTrack{Config: f.config(), Width: filmWidth, Height: filmHeight, FPS: float64(time.Second / tick), Bitrate: most}
	o.QueueTime = 4 * ahead // never dropped: no more than ahead is ever queued
	o.WindowAckSize = 32 << 10
	dial, stop := context.WithTimeout(ctx, dialing)
	defer stop()
	way := &way{dial: o.DialContext}
	o.DialContext = way.connect
	pub, err := rtmpout.Dial(dial, to, o)
	if err != nil {
		return Result{}, err
	}
	samples, err := fill(ctx, pub, way, f, most, progress)
	goodbye(pub)
	if err != nil {
		return Result{}, err
	}
	r, ok := Judge(samples)
	if !ok {
		return r, ErrNothingArrived
	}
	return r, nil
}

// way keeps the connection that is made, to ask the system about it.
type way struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error) // nil: the usual way
	conn atomic.Pointer[net.Conn]                                             // the newest
}

func (w *way) connect(ctx context.Context, network, address string) (net.Conn, error) {
	dial := w.dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	c, err := dial(ctx, network, address)
	if err == nil {
		w.conn.Store(&c)
	}
	return c, err
}

// goodbye ends the stream, so that the server takes it for over and not for lost.
func goodbye(pub *rtmpout.Publisher) {
	pub.DropVideo()
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_ = pub.Close(ctx) // what matters was measured before
}

// fill fills the line, and takes samples.
func fill(ctx context.Context, pub *rtmpout.Publisher, way *way, f *film, most int, progress func(Progress)) ([]Sample, error) {
	var samples []Sample
	began := time.Now()
	pace := time.NewTicker(tick)
	defer pace.Stop()
	p := pressure{rate: slowest, most: most}
	for n := 0; ; n++ {
		now := time.Since(began)
		s := sample(pub.Stats(), now)
		if s.Kernel > 0 {
			s.Kernel = max(0, s.Kernel-sacked(*way.conn.Load()))
		}
		samples = append(samples, s)
		if p.enough(s) {
			return samples, nil
		}
		if n%8 == 0 && progress != nil {
			progress(Progress{Share: min(1, now.Seconds()/Longest.Seconds()), Kbps: latest(samples)})
		}
		if size := p.offer(s, waiting(samples)); size > 0 {
			key := f.due() || pub.NeedKey()
			if err := pub.WriteVideo(rtmpout.Packet{DTS: now, PTS: now, Key: key, Data: f.next(key, size)}); err != nil {
				return nil, err
			}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-pub.Done():
			return nil, pub.Err()
		case <-pace.C:
		}
	}
}

func sample(s rtmpout.Stats, at time.Duration) Sample {
	out := Sample{At: at, Sent: int64(s.Sent), Kernel: s.Kernel, Acked: -1, Queue: s.QueueBytes}
	if s.AckStyle == rtmpout.AckCumulative || s.AckStyle == rtmpout.AckIncremental {
		out.Acked = int64(s.Acked)
	}
	return out
}

// latest is what the line took in the last second, in kbit/s.
func latest(samples []Sample) int {
	there := arrivals(samples)
	to, from := len(samples)-1, len(samples)-1
	for from > 0 && samples[to].At-samples[from].At < time.Second {
		from--
	}
	if to == from {
		return 0
	}
	return kbps(there[to]-there[from], samples[to].At-samples[from].At)
}

// pressure decides how much is sent when.
type pressure struct {
	rate, most int           // bit/s
	grown      time.Duration // when the rate last grew
	looks      int           // samples since, and those of them in which bytes waited
	waits      int
	fullSince  time.Duration // since when the line is full, or offered the most; 0: it is not
}

// enough tells whether the samples so far make a result.
func (p *pressure) enough(s Sample) bool {
	return s.At >= Longest || s.Sent >= mostBytes || p.fullSince > 0 && s.At-p.fullSince > judged+500*time.Millisecond
}

// offer is the size of the next picture; 0: none, as enough waits.
func (p *pressure) offer(s Sample, waiting bool) int {
	if p.looks++; waiting { // once is nothing: a busy machine takes its time to write
		p.waits++
	}
	if s.At-p.grown >= step {
		full := float64(p.waits) >= crowded*float64(p.looks) || p.rate >= p.most
		switch {
		case full && p.fullSince == 0:
			p.fullSince = s.At
		case !full:
			p.rate, p.fullSince = min(p.rate*3/2, p.most), 0
		}
		p.grown, p.looks, p.waits = s.At, 0, 0
	}
	if s.Queue > int(float64(p.rate)/8*ahead.Seconds()) {
		return 0
	}
	return int(float64(p.rate) / 8 * tick.Seconds())
}
