package program

import (
	"context"
	"sync"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// Preview is the picture that goes out, made small for a window. It holds the
// newest picture only and converts nothing that nobody looks at.
type Preview struct {
	in    *Latest       // program pictures, from [Picture]
	fresh chan struct{} // one token: there is something to Take
	eye   eye

	mu            sync.Mutex
	width, height int           // pixels that the viewer wants; 0: nobody looks
	every         time.Duration // least time between two pictures
	shown         *capture.Frame
	pool          *capture.FramePool
}

// NewPreview returns a preview that nobody looks at yet.
func NewPreview() *Preview {
	return &Preview{in: NewLatest(), fresh: make(chan struct{}, 1)}
}

// Resize says how many pixels the viewer has. The picture keeps its shape and
// fits inside. Zero means that nobody looks, which costs nothing.
func (p *Preview) Resize(width, height int) {
	p.mu.Lock()
	p.width, p.height = width, height
	p.mu.Unlock()
	p.in.watched.Store(width > 0 && height > 0)
}

// Pace says how long the viewer shows a picture at least; none is converted that
// would come sooner.
func (p *Preview) Pace(every time.Duration) {
	p.mu.Lock()
	p.every = every
	p.mu.Unlock()
}

// Fresh is signalled when there is a newer picture to Take.
func (p *Preview) Fresh() <-chan struct{} { return p.fresh }

// Take hands over the newest picture, RGBA without padding, or nil when there is
// none that was not taken before. The caller releases it.
func (p *Preview) Take() *capture.Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := p.shown
	p.shown = nil
	return f
}

// Run converts pictures until ctx ends.
func (p *Preview) Run(ctx context.Context) error {
	scaler := libav.NewScaler()
	defer scaler.Close()
	defer p.drop()
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-pause.C:
		}
		f, err := p.in.Next(ctx)
		if err != nil {
			return err
		}
		began := time.Now()
		if dst := p.frameFor(f); dst != nil {
			dst.PTS = f.PTS
			if err := scaler.Scale(dst, f); err != nil {
				dst.Release()
			} else {
				p.eye.see(dst)
				p.show(dst)
			}
		}
		f.Release()
		p.mu.Lock()
		every := p.every
		p.mu.Unlock()
		pause.Reset(time.Until(began.Add(every)))
	}
}

// frameFor gets an RGBA frame in which f fits the viewer, or nil when nobody
// looks.
func (p *Preview) frameFor(f *capture.Frame) *capture.Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	w, h := fit(f.Width, f.Height, p.width, p.height)
	if w == 0 || h == 0 {
		return nil
	}
	if p.pool == nil || !p.pool.Makes(capture.RGBA, w, h) {
		p.pool = capture.NewFramePool(capture.RGBA, w, h)
	}
	return p.pool.Get()
}

func (p *Preview) show(f *capture.Frame) {
	p.mu.Lock()
	old := p.shown
	p.shown = f
	p.mu.Unlock()
	if old != nil {
		old.Release()
	}
	select {
	case p.fresh <- struct{}{}:
	default:
	}
}

func (p *Preview) drop() {
	if f := p.Take(); f != nil {
		f.Release()
	}
	p.in.Drop()
}

// fit is the largest size of the shape w×h inside maxW×maxH, never larger than
// the picture itself: enlarging is cheaper where it is drawn.
func fit(w, h, maxW, maxH int) (int, int) {
	if maxW >= w && maxH >= h {
		return w, h
	}
	if maxW*h <= maxH*w {
		return maxW, maxW * h / w
	}
	return maxH * w / h, maxH
}
