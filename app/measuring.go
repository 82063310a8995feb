package app

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"tally/app/uplink"
	"tally/assets"
	"tally/encoder"
	"tally/rtmpout"
)

// MeasureStatus is what is being measured, and what came of it since the studio was
// opened.
type MeasureStatus struct {
	Running MeasureKind // empty: nothing is
	Share   float64     // of it that is done, 0 to 1
	Kbps    int         // that the line takes now

	Destination string         // ID, of that which the line was measured to
	Line        uplink.Result  // zero: not measured
	Machine     encoder.Budget // without steps: not measured
	Problem     Problem        // why the last one failed; zero when it did not
}

// MeasureKind is what can be measured.
type MeasureKind string

const (
	MeasureLine    MeasureKind = "line"    // what the upload carries
	MeasureMachine MeasureKind = "machine" // what this machine encodes
)

// measuring is the measurement that runs. Its goroutine is keepMeasured.
type measuring struct {
	work chan struct{} // one token: there is a job, or none is wanted any more

	mu     sync.Mutex
	jobs   []measureJob // at most one of a kind
	onAir  bool         // a show runs: nothing is measured
	stop   context.CancelFunc
	status MeasureStatus
	idle   chan struct{} // closed while nothing runs
}

type measureJob struct {
	kind        MeasureKind
	destination string // ID
}

func newMeasuring() measuring {
	idle := make(chan struct{})
	close(idle)
	return measuring{work: make(chan struct{}, 1), idle: idle}
}

// MeasureUpload finds out what the line to a destination carries, by publishing to
// it for some seconds: where the service offers that, so that nobody sees it;
// elsewhere viewers may, so ask before. It is refused on air.
func (s *Studio) MeasureUpload(destinationID string) {
	s.measuring.add(measureJob{MeasureLine, destinationID})
}

// MeasureMachine finds out what this machine encodes. It is refused on air.
func (s *Studio) MeasureMachine() { s.measuring.add(measureJob{kind: MeasureMachine}) }

// StopMeasuring ends what runs, and what waits.
func (s *Studio) StopMeasuring() { s.measuring.end(false) }

// end is StopMeasuring, and keeps anything from being measured while on air.
func (m *measuring) end(onAir bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs, m.onAir = nil, m.onAir || onAir
	if m.stop != nil {
		m.stop()
	}
}

// allow lets things be measured again.
func (m *measuring) allow() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.onAir = false
}

func (m *measuring) add(j measureJob) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, have := range m.jobs {
		if have.kind == j.kind {
			return
		}
	}
	m.jobs = append(m.jobs, j)
	token(m.work)
}

// wait waits until nothing is measured, so that a show does not share the line or
// the machine.
func (m *measuring) wait(ctx context.Context) {
	m.mu.Lock()
	idle := m.idle
	m.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}

func (m *measuring) barred() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.onAir
}

func (m *measuring) now() MeasureStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

// keepMeasured is the goroutine that measures, one thing after the other.
func (s *Studio) keepMeasured(ctx context.Context) error {
	m := &s.measuring
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-m.work:
		}
		for {
			job, running, end := m.begin(ctx)
			if end == nil {
				break
			}
			s.poke()
			err := s.measure(running, job)
			m.finish(job, err, running.Err() != nil, end)
			s.poke()
		}
	}
}

// begin takes the next job; end is nil when there is none.
func (m *measuring) begin(ctx context.Context) (j measureJob, running context.Context, end context.CancelFunc) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.jobs) == 0 {
		return j, nil, nil
	}
	j, m.jobs = m.jobs[0], m.jobs[1:]
	running, end = context.WithCancel(ctx)
	m.stop, m.idle = end, make(chan struct{})
	m.status.Running, m.status.Share, m.status.Kbps, m.status.Problem = j.kind, 0, 0, Problem{}
	return j, running, end
}

func (m *measuring) finish(j measureJob, err error, stopped bool, end context.CancelFunc) {
	end()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stop, m.status.Running = nil, ""
	close(m.idle)
	if err != nil && !stopped {
		m.status.Problem = Explain(&measureError{j.kind, err})
		m.jobs = nil // what waits would follow from it
	}
}

// measureError is why something could not be measured.
type measureError struct {
	kind MeasureKind
	err  error
}

func (e *measureError) Error() string {
	return "app: measure the " + string(e.kind) + ": " + e.err.Error()
}
func (e *measureError) Unwrap() error { return e.err }

func (s *Studio) measure(ctx context.Context, j measureJob) error {
	if s.measuring.barred() {
		return ErrOnAir
	}
	if j.kind == MeasureMachine {
		return s.measureMachine(ctx)
	}
	return s.measureLine(ctx, j.destination)
}

// wholeMachine is what a machine is asked for: the most that services take.
func wholeMachine(v VideoSettings) encoder.VideoParams {
	p := videoParams(v)
	p.Width, p.Height, p.FPS, p.Bitrate = wide(ladder[0].height), ladder[0].height, ladder[0].fps, ladder[0].most*1000
	return p
}

func (s *Studio) measureMachine(ctx context.Context) error {
	s.mu.Lock()
	v := s.settings.Video
	s.mu.Unlock()
	const usual = 8 // steps
	steps := 0.0
	b, err := encoder.Measure(ctx, wholeMachine(v), func(encoder.Step) {
		steps++
		s.progress(func(st *MeasureStatus) { st.Share = steps / max(usual, steps+1) })
	})
	if err == nil {
		s.progress(func(st *MeasureStatus) { st.Machine, st.Share = b, 1 })
	}
	return err
}

func (s *Studio) measureLine(ctx context.Context, id string) error {
	s.mu.Lock()
	set := s.settings
	s.mu.Unlock()
	for _, d := range set.Destinations {
		if d.ID != id {
			continue
		}
		to, err := s.testTarget(ctx, d)
		if err != nil {
			return err
		}
		service, _ := assets.ServiceByID(d.Service)
		o, err := calling(d)
		if err != nil {
			return err
		}
		line, err := uplink.Measure(ctx, to, o, worthMeasuring(service), func(p uplink.Progress) {
			s.progress(func(st *MeasureStatus) { st.Share, st.Kbps = p.Share, p.Kbps })
		})
		if err != nil {
			return err
		}
		s.progress(func(st *MeasureStatus) { st.Line, st.Destination, st.Share = line, id, 1 })
		s.watch.learn(LineFigure{When: time.Now(), Kbps: line.Kbps, Lowest: line.Lowest, AtLeast: line.AtLeast, Measured: true}, s.opts.StateDir)
		return nil
	}
	return ErrNoKey
}

// worthMeasuring is the most, in bit/s, that anybody needs to know of a line to a
// service: what it takes, and the room that a show should have.
func worthMeasuring(service assets.Service) int {
	if service.VideoMaxKbps == 0 {
		return 0
	}
	return int(float64(service.VideoMaxKbps+320)/share) * 1000
}

// testTarget is a destination as nobody sees it, if its service offers that.
func (s *Studio) testTarget(ctx context.Context, d Destination) (rtmpout.Target, error) {
	key, err := s.opts.Keys.Get(ctx, d.ID)
	if err != nil && !errors.Is(err, ErrNoKey) {
		return rtmpout.Target{}, err
	}
	if service, ok := assets.ServiceByID(d.Service); ok && service.TestQuery != "" && !key.Empty() {
		sign := "?"
		if strings.Contains(key.Reveal(), "?") {
			sign = "&"
		}
		key = NewKey(key.Reveal() + sign + service.TestQuery)
	}
	return target(d, key)
}

func (s *Studio) progress(change func(*MeasureStatus)) {
	s.measuring.mu.Lock()
	change(&s.measuring.status)
	s.measuring.mu.Unlock()
	s.poke()
}

// explainMeasure says what stands in the way of a measurement.
func explainMeasure(err error) (Problem, bool) {
	m, ok := errors.AsType[*measureError](err)
	switch {
	case !ok:
		return Problem{}, false
	case errors.Is(err, uplink.ErrNothingArrived):
		return Problem{Title: "The server took the stream, and then next to nothing of it.", Advice: "Check your internet connection, and measure again.", Retry: true}, true
	case errors.Is(err, ErrOnAir):
		return Problem{Title: "This cannot be measured while you are on air.", Advice: "It would take from your show; wait until it is over."}, true
	}
	return Explain(m.err), true
}
