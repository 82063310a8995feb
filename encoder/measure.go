package encoder

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"tally/capture"
)

// Step is one way to encode, and how fast this machine does it.
type Step struct {
	Width, Height int
	FPS           int     // asked for
	Encoder       string  // as [VideoParams] names it
	Preset        string  // of a software encoder
	Rate          float64 // pictures a second when it need not wait for any
}

// Fits tells whether the machine has enough left for the rest of a show.
func (s Step) Fits() bool { return s.Rate >= spare*float64(s.FPS) }

// Budget is what this machine can encode.
type Budget struct {
	Best  Step   // the proposal: what is asked for or the nearest to it, at the best preset that fits
	Fits  bool   // false: not even the smallest picture fits; Best is that
	Steps []Step // all that were measured, in that order
}

const (
	// spare is how many times faster than the show an encoder must be when it has the
	// machine for itself: cameras, screens, the window and a game want their part.
	spare = 2
	// stepFor is how long a step is measured, and stepMost its bound together with
	// what the encoder takes to begin.
	stepFor, stepMost = 400 * time.Millisecond, 2 * time.Second
	// clipLength is how many different pictures there are.
	clipLength = 8
	// presetsApart is more than the fastest preset is faster than the first that is tried.
	presetsApart = 4
	// bestPreset is the slowest that is worth its heat in a live show.
	bestPreset = "medium"
)

// Measure finds out what this machine can encode, with the encoders themselves and
// a noisy moving picture of the size that p asks for; when that is too much, of
// smaller ones. With the encoder "auto", hardware is tried first. It takes from one
// to some six seconds, and all of the processor. progress, which may be nil, is told
// each step. The error is that of [OpenVideo] or of ctx.
func Measure(ctx context.Context, p VideoParams, progress func(Step)) (Budget, error) {
	p, err := p.withDefaults()
	if err != nil {
		return Budget{}, err
	}
	m := measuring{ctx: ctx, tell: progress}
	for _, shape := range smaller(p) {
		if m.hopeless(shape) {
			continue
		}
		best, err := m.shape(shape)
		if err != nil {
			return m.Budget, err
		}
		if m.Best = best; best.Fits() {
			m.Fits = true
			return m.Budget, nil
		}
	}
	return m.Budget, nil
}

// smaller are the shapes to try: as asked, at 30 pictures a second, and with fewer
// and fewer rows.
func smaller(p VideoParams) []VideoParams {
	all := []VideoParams{p}
	if p.FPS > 30 {
		p.FPS = 30
		all = append(all, p)
	}
	w, h, bits := p.Width, p.Height, p.Bitrate
	for _, rows := range []int{1080, 720, 540, 360} {
		if rows >= h {
			continue
		}
		p.Height, p.Width = rows, max(16, w*rows/h/2*2)
		p.Bitrate = max(lowestBitrate, bits*rows/h)
		all = append(all, p)
	}
	return all
}

// measuring is one run of Measure.
type measuring struct {
	Budget
	ctx  context.Context
	tell func(Step)
	clip []*capture.Frame
}

// hopeless tells whether the fastest step so far says that a smaller shape need not
// be tried.
func (m *measuring) hopeless(p VideoParams) bool {
	if len(m.Steps) == 0 || p.Height <= 360 {
		return false
	}
	fastest := slices.MaxFunc(m.Steps, func(a, b Step) int { return cmp.Compare(a.pixels(), b.pixels()) })
	return fastest.Rate > 0 && fastest.pixels() < 0.8*spare*float64(p.Width*p.Height*p.FPS)
}

func (s Step) pixels() float64 { return s.Rate * float64(s.Width*s.Height) }

// shape finds the best way to encode one shape: hardware that fits, else the
// slowest preset that does.
func (m *measuring) shape(p VideoParams) (Step, error) {
	for _, b := range present(p.Codec) {
		if b.hardware && (p.Encoder == "auto" || p.Encoder == b.called()) {
			try := p
			try.Encoder = b.called()
			if s, err := m.step(try); err == nil && s.Fits() || p.Encoder != "auto" {
				return s, err
			}
		}
	}
	if p.Encoder == "auto" {
		p.Encoder = software(p.Codec)
	}
	names := Presets()
	at := slices.Index(names, "veryfast")
	p.Preset = names[at]
	best, err := m.step(p)
	up := best.Fits()
	for err == nil && (up || best.Rate > spare*float64(p.FPS)/presetsApart) {
		if at--; up {
			at += 2
		}
		if at < 0 || at >= len(names) || up && names[at-1] == bestPreset {
			break
		}
		var s Step
		p.Preset = names[at]
		if s, err = m.step(p); err != nil || up && !s.Fits() {
			break
		}
		if best = s; !up && s.Fits() {
			break
		}
	}
	return best, err
}

// step measures one encoder.
func (m *measuring) step(p VideoParams) (Step, error) {
	s := Step{Width: p.Width, Height: p.Height, FPS: p.FPS, Encoder: p.Encoder, Preset: p.Preset}
	v, err := OpenVideo(p)
	if err != nil {
		return s, err
	}
	defer v.Close()
	m.film(p.Width, p.Height)
	var first time.Time
	made := 0
	emit := func(pkt *Packet) {
		if made++; made == 1 {
			first = time.Now()
		}
		pkt.Release()
	}
	began := time.Now()
	for n := 0; ; n++ {
		f := m.clip[n%clipLength].At(time.Duration(n) * time.Second / time.Duration(p.FPS))
		err := v.Encode(f, emit)
		f.Release()
		if err = cmp.Or(m.ctx.Err(), err); err != nil {
			return s, err
		}
		now := time.Now()
		if took := now.Sub(first); made > 1 && took >= stepFor {
			s.Rate = float64(made-1) / took.Seconds()
			break
		} else if took := now.Sub(began); took > stepMost {
			s.Rate = float64(made) / took.Seconds()
			break
		}
	}
	m.Steps = append(m.Steps, s)
	if m.tell != nil {
		m.tell(s)
	}
	return s, nil
}

// film makes the pictures: a gradient that moves, as under a camera that is not
// held still, with the noise of a camera in a room.
func (m *measuring) film(w, h int) {
	if len(m.clip) > 0 && m.clip[0].Width == w && m.clip[0].Height == h {
		return
	}
	m.clip = m.clip[:0]
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 1<<16)
	for i := range noise {
		noise[i] = byte(random.IntN(9))
	}
	for n := range clipLength {
		f := capture.NewFrame(capture.I420, w, h, make([]byte, capture.I420.Bytes(w, h)))
		for y := range h {
			row, grain := f.Plane[0][y*w:][:w], noise[random.IntN(len(noise)-w):]
			for x := range row {
				row[x] = byte(40+(x+y+5*n)&127) + byte((x*y>>9)&31) + grain[x]
			}
		}
		for _, plane := range f.Plane[1:] {
			for i := range plane {
				plane[i] = byte(112 + (i+3*n)&31)
			}
		}
		m.clip = append(m.clip, f)
	}
}
