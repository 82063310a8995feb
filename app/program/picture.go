package program

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// slateAfter is how long a silent source is covered by repeating its last
// picture; after that viewers get the slate.
const slateAfter = 2 * time.Second

// Picture makes every source into the show's picture: scaled once, with bars
// where the shape differs, and paced. See [cadence] for the pace.
type Picture struct {
	In      *Latest // frames from the source
	preview *Latest
	clock   capture.Clock

	mu     sync.Mutex
	width  int
	height int
	fps    int

	// deliver takes over a reference to each program picture; nil when nobody
	// is encoding.
	deliver atomic.Pointer[func(*capture.Frame)]

	slate    atomic.Pointer[sign] // what it says
	texts    []string             // what it was made of: of whoever calls Slate
	damaged  atomic.Int64         // since when the source gives nothing that can be read, on the clock; 0: it does
	repeated atomic.Int64
}

// NewPicture returns the stage for pictures of the given size and pace, which
// also feeds p.
func NewPicture(clock capture.Clock, p *Preview, width, height, fps int) *Picture {
	pic := &Picture{In: NewLatest(), preview: p.in, clock: clock, width: width, height: height, fps: fps}
	pic.slate.Store(&sign{})
	return pic
}

// Slate says what viewers read while the source gives nothing: the first of the texts
// that this computer has letters for. It must not be called by two goroutines at once.
func (p *Picture) Slate(texts ...string) {
	if slices.Equal(p.texts, texts) {
		return
	}
	p.texts = texts
	says := legible(texts...)
	p.slate.Store(&says)
}

// Reshape changes size and pace from the next picture on. It must not be called
// while somebody encodes.
func (p *Picture) Reshape(width, height, fps int) {
	p.mu.Lock()
	p.width, p.height, p.fps = width, height, fps
	p.mu.Unlock()
}

// Deliver sets who gets the program pictures, beside the preview; nil for nobody.
// The function takes over the reference and returns at once.
func (p *Picture) Deliver(fn func(*capture.Frame)) {
	if fn == nil {
		p.deliver.Store(nil)
		return
	}
	p.deliver.Store(&fn)
}

// Damaged is for how long pictures have come of which none could be read.
func (p *Picture) Damaged() time.Duration {
	if since := p.damaged.Load(); since > 0 {
		return p.clock.Now() - time.Duration(since)
	}
	return 0
}

// Repeated is how many pictures stood in for ones that the source did not
// deliver in time.
func (p *Picture) Repeated() int { return int(p.repeated.Load()) }

// Run works until ctx ends.
func (p *Picture) Run(ctx context.Context) error {
	scaler := libav.NewScaler()
	defer scaler.Close()
	defer p.In.Drop()
	var (
		canvas canvas
		pace   = cadence{last: p.clock.Now() + slateAfter}
		last   *capture.Frame // the newest program picture; one reference is ours
		of     uint64         // the source's picture that it was made of
		still  *capture.Frame // the slate that stands in for it, or nil
		says   *sign          // on the slate
		heard  = p.clock.Now()
	)
	keep := func(place **capture.Frame, f *capture.Frame) {
		if *place != nil {
			(*place).Release()
		}
		*place = f
	}
	defer func() { keep(&last, nil); keep(&still, nil) }()
	timer := time.NewTimer(time.Second)
	defer timer.Stop()
	for {
		width, height, fps := p.shape()
		pace.interval = time.Second / time.Duration(fps)
		timer.Reset(p.patience(&pace))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.In.Ready():
			src := p.In.Take()
			if src == nil {
				continue
			}
			now := p.clock.Now()
			pace.arrived(now, src.PTS)
			if pace.tooSoon(src.PTS) || !p.wanted() {
				src.Release()
				continue
			}
			again := last != nil && src.Number() == of && last.Width == width && last.Height == height
			if again && pace.filling && still == nil { // a still screen is repeated already, at the show's pace
				heard = now
				src.Release()
				continue
			}
			var dst *capture.Frame
			if again {
				dst = last.At(src.PTS)
			} else {
				dst = canvas.compose(scaler, src, width, height)
			}
			if dst != nil {
				of = src.Number()
			}
			src.Release()
			if dst == nil { // the gap is filled like any other
				p.damaged.CompareAndSwap(0, int64(now))
				continue
			}
			heard = now
			p.damaged.Store(0)
			keep(&last, dst)
			keep(&still, nil)
			pace.sent(last.PTS, false)
			p.emit(last.Retain())
		case <-timer.C:
			pts, due := pace.overdue(p.clock.Now())
			if !due || !p.wanted() {
				continue
			}
			shown := last
			if last == nil || p.clock.Now()-heard > slateAfter {
				if now := p.slate.Load(); still == nil || now != says {
					says = now
					keep(&still, slate(last, width, height, *now))
				}
				shown = still
			}
			p.repeated.Add(1)
			pace.sent(pts, true)
			p.emit(shown.At(pts))
		}
	}
}

// patience is how long to wait for the source before doing without it.
func (p *Picture) patience(pace *cadence) time.Duration {
	if !p.wanted() {
		return 100 * time.Millisecond // look again whether somebody wants pictures
	}
	return pace.wait(p.clock.Now())
}

func (p *Picture) shape() (width, height, fps int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.width, p.height, p.fps
}

// wanted tells whether anybody sees the picture: without an encoder and a
// preview no work is done.
func (p *Picture) wanted() bool { return p.deliver.Load() != nil || p.preview.watched.Load() }

// emit takes over a reference to f.
func (p *Picture) emit(f *capture.Frame) {
	if p.preview.watched.Load() {
		p.preview.Put(f.Retain())
	}
	if fn := p.deliver.Load(); fn != nil {
		(*fn)(f)
		return
	}
	f.Release()
}
