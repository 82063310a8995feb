package encoder

import (
	"time"

	"tally/capture"
)

// worker makes the calls into an encoder's hardware, one at a time. A driver that
// hangs holds up nobody but it: the worker is left behind, and frees the encoder
// if the call ever returns.
type worker struct {
	engine *engine
	jobs   chan job   // one at a time
	done   chan error // holds the answer
	ended  chan struct{}
	timer  *time.Timer
	made   []*Packet // the answer's packets; the worker's between a job and its answer
	lost   bool
}

// job is a picture to encode; without one, the encoder is drained.
type job struct {
	frame *capture.Frame
	pts   time.Duration
	key   bool
}

func startWorker(e *engine) *worker {
	w := &worker{engine: e, jobs: make(chan job, 1), done: make(chan error, 1), ended: make(chan struct{}), timer: time.NewTimer(time.Hour)}
	go w.run()
	return w
}

func (w *worker) run() {
	defer close(w.ended)
	defer w.engine.enc.Close()
	keep := func(p *Packet) { w.made = append(w.made, p) }
	var err error
	for j := range w.jobs {
		if j.frame == nil {
			err = w.engine.enc.Drain()
		} else {
			err = w.engine.enc.Send(j.frame, int64(j.pts), j.key)
			j.frame.Release()
		}
		if err == nil {
			err = w.engine.receive(keep)
		}
		w.done <- err
	}
	if len(w.done) > 0 { // nobody has waited for the last answer
		for _, p := range w.made {
			p.Release()
		}
	}
}

// do has a job done, for at most [stuckAfter]. The packets are valid until the next.
func (w *worker) do(j job) ([]*Packet, error) {
	if w.lost {
		return nil, errStuck
	}
	if j.frame != nil {
		j.frame.Retain()
	}
	w.made = w.made[:0]
	w.jobs <- j
	w.timer.Reset(stuckAfter)
	select {
	case err := <-w.done:
		return w.made, err
	case <-w.timer.C:
		w.lost = true
		return nil, errStuck
	}
}

// close ends the worker, and waits for it unless it hangs.
func (w *worker) close() {
	close(w.jobs)
	w.timer.Stop()
	if !w.lost {
		<-w.ended
	}
}
