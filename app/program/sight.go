package program

import (
	"sync"
	"time"

	"tally/capture"
)

// Sight is what the preview's pictures look like.
type Sight struct {
	At    time.Duration // stamp of the newest picture; 0: there was none yet
	Black bool
	Still time.Duration // for how long all pictures have been the same
}

// eye looks at pictures through a grid of points, which takes some microseconds.
type eye struct {
	last  [eyeColumns * eyeRows]byte
	since time.Duration // stamp of the first picture like last
	seen  bool

	mu    sync.Mutex
	sight Sight
}

const (
	eyeColumns, eyeRows = 48, 27
	// blackest is the brightness, of 255, that no point of a black picture reaches: a
	// camera under its cap has some noise.
	blackest = 24
)

// see looks at an RGBA picture.
func (e *eye) see(f *capture.Frame) {
	same, brightest := e.seen, byte(0)
	for row := range eyeRows {
		line := f.Plane[0][(2*row+1)*f.Height/(2*eyeRows)*f.Stride[0]:]
		for column := range eyeColumns {
			p := line[(2*column+1)*f.Width/(2*eyeColumns)*4:]
			v := byte((uint(p[0]) + 2*uint(p[1]) + uint(p[2])) / 4)
			at := &e.last[row*eyeColumns+column]
			same = same && *at == v
			*at = v
			brightest = max(brightest, v)
		}
	}
	if !same {
		e.since = f.PTS
	}
	e.seen = true
	e.mu.Lock()
	e.sight = Sight{At: f.PTS, Black: brightest < blackest, Still: f.PTS - e.since}
	e.mu.Unlock()
}

// Sight is what the newest picture looks like. Pictures that nobody looks at are
// not looked at here either.
func (p *Preview) Sight() Sight {
	p.eye.mu.Lock()
	defer p.eye.mu.Unlock()
	return p.eye.sight
}
