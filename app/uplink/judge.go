package uplink

import "time"

// Sample is what a connection shows at one moment.
type Sample struct {
	At     time.Duration // since publishing began
	Sent   int64         // bytes given to the socket
	Kernel int           // of these, not confirmed by the other end's TCP; -1: unknown
	Acked  int64         // of these, confirmed by the server itself; -1: it does not do so
	Queue  int           // bytes that wait for the socket
}

// Result is what a line carries.
type Result struct {
	Kbps    int  // kbit/s of a stream
	AtLeast bool // it took all that it was offered, and may carry more
	// Lowest is the worst second of the measurement, in kbit/s: much less than Kbps
	// on a line that is shared or far away.
	Lowest int
	Bytes  int64 // that were sent for it
}

// Steady tells whether the line carried about as much all the time.
func (r Result) Steady() bool { return r.Lowest*10 >= r.Kbps*7 }

const (
	// judged is the time at the end of a measurement that counts: the line and TCP
	// have found their pace by then.
	judged = 3 * time.Second
	// crowded is the share of the samples with bytes that wait from which on the
	// line is full.
	crowded = 0.5
	// window is what Lowest is taken over.
	window = time.Second
)

// Judge makes a result of the samples of a measurement, in the order in which they
// were taken. ok is false when there are too few of them, or nothing arrived.
func Judge(samples []Sample) (r Result, ok bool) {
	if len(samples) < 2 {
		return r, false
	}
	last := samples[len(samples)-1]
	r.Bytes = last.Sent
	first := 0
	for last.At-samples[first].At > judged {
		first++
	}
	tail := samples[first:]
	took := last.At - tail[0].At
	if took < window {
		return r, false
	}
	there := arrivals(samples)[first:]
	waiting := 0
	for _, s := range tail {
		if s.Queue > 0 {
			waiting++
		}
	}
	r.AtLeast = float64(waiting) < crowded*float64(len(tail))
	r.Kbps = kbps(there[len(there)-1]-there[0], took)
	r.Lowest = r.Kbps
	from := 0
	for i := range tail {
		for tail[i].At-tail[from].At > window {
			from++
		}
		if d := tail[i].At - tail[from].At; d > window*9/10 {
			r.Lowest = min(r.Lowest, kbps(there[i]-there[from], d))
		}
	}
	return r, r.Kbps > 0
}

// arrivals are the bytes that have reached the server at each sample. TCP says so
// best. Where something on the way answers in the server's stead, or the system
// does not tell, the server's own confirmations, which come in steps, say it.
func arrivals(samples []Sample) []int64 {
	step, acked := int64(0), int64(0)
	for _, s := range samples {
		if s.Acked > acked {
			step, acked = max(step, s.Acked-acked), s.Acked
		}
	}
	there := make([]int64, len(samples))
	for i, s := range samples {
		n := s.Sent - int64(max(0, s.Kernel))
		switch {
		case s.Acked > 0 && s.Kernel < 0:
			n = s.Acked
		case s.Acked > 0:
			n = min(n, s.Acked+step+step/4)
		}
		if i > 0 {
			n = max(n, there[i-1])
		}
		there[i] = n
	}
	return there
}

func kbps(bytes int64, in time.Duration) int { return int(float64(bytes) * 8 / 1000 / in.Seconds()) }
