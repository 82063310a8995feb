package app

import (
	"context"
	"sync/atomic"
	"time"

	"tally/app/adapt"
	"tally/rtmpout"
)

// adaptEvery is how often the line is looked at.
const adaptEvery = 50 * time.Millisecond

// budget is what the picture may take: control says what the user wants, adapting
// what the network allows, and the video encoder's stage obeys.
type budget struct {
	chosen  atomic.Int64 // bit/s of video that the user wants
	adapts  atomic.Bool  // the network may lower that
	bitrate atomic.Int64 // bit/s asked of the video encoder
	pace    atomic.Int64 // every pace-th picture is encoded; 0 counts as 1
	reason  atomic.Pointer[Sentence]
}

// grant sets what the picture may take, and why that is less than chosen.
func (b *budget) grant(t adapt.Target) {
	b.bitrate.Store(int64(t.Bitrate))
	b.pace.Store(int64(t.Pace))
	b.reason.Store(&t.Reason)
}

// adapting watches the outputs that the encoder serves, the main ones, and gives
// the picture what the slowest of them carries. The others drop what they cannot
// take. run is a stage without packets.
type adapting struct {
	budget *budget
	lines  []*watched
	other  int // bit/s that are not the picture's
	chosen int
}

// watched is one main output.
type watched struct {
	output  *output
	pub     *rtmpout.Publisher // of the last look
	moves   int                // of that, to other servers
	control *adapt.Control
}

// adaptTo prepares to adapt a picture of that size and pace to the main ones of
// outputs.
func adaptTo(outputs []*output, b *budget, width, height, fps, other int) *adapting {
	a := &adapting{budget: b, other: other, chosen: int(b.chosen.Load())}
	for _, o := range outputs {
		if o.main {
			a.lines = append(a.lines, &watched{output: o, control: adapt.New(a.chosen, adapt.Floor(width, height, fps))})
		}
	}
	return a
}

func (a *adapting) run(ctx context.Context, ending <-chan struct{}) error {
	began := time.Now()
	look := time.NewTicker(adaptEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ending:
			return nil
		case <-look.C:
			a.look(time.Since(began))
		}
	}
}

// look takes one sample of every line.
func (a *adapting) look(at time.Duration) {
	if now := int(a.budget.chosen.Load()); now != a.chosen {
		a.chosen = now
		for _, l := range a.lines {
			l.control.Choose(now)
		}
	}
	least := adapt.Target{Bitrate: a.chosen, Pace: 1}
	if a.budget.adapts.Load() {
		for _, l := range a.lines {
			if t := l.look(at, a.other); t.Bitrate < least.Bitrate {
				least = t
			}
		}
	}
	a.budget.grant(least)
}

func (l *watched) look(at time.Duration, other int) adapt.Target {
	l.output.mu.Lock()
	pub := l.output.pub
	l.output.mu.Unlock()
	if pub != l.pub {
		l.pub, l.moves = pub, 0
		l.control.Reset()
	}
	if pub == nil {
		return l.control.Target()
	}
	s := pub.Stats()
	if s.Moves != l.moves {
		l.moves = s.Moves
		l.control.Reset()
	}
	t := l.control.Update(sample(s, at, other))
	if t.Drop {
		pub.DropVideo()
	}
	return t
}

// sample is what the controller needs of a connection's numbers.
func sample(s rtmpout.Stats, at time.Duration, other int) adapt.Sample {
	out := adapt.Sample{
		At: at, Sent: int64(s.Sent), Kernel: s.Kernel, Acked: -1,
		Queue: s.QueueBytes, QueueAge: s.QueueAge, Other: other,
	}
	if s.AckStyle == rtmpout.AckCumulative || s.AckStyle == rtmpout.AckIncremental {
		out.Acked = int64(s.Acked)
	}
	return out
}
