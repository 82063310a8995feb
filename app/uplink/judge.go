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
	waited := 0
	for i := range tail {
		if waiting(samples[:first+i+1]) {
			waited++
		}
	}
	r.AtLeast = float64(waited) < crowded*float64(len(tail))
	r.Kbps = kbps(there[len(there)-1]-there[0], took)
	r.Lowest = r.Kbps
	jump := int64(0) // what becomes known at once, and may fall just behind a window
	for i := 1; i < len(there); i++ {
		jump = max(jump, there[i]-there[i-1])
	}
	jump = min(jump, 20<<10)
	from := 0
	for i := range tail {
		for tail[i].At-tail[from].At > window {
			from++
		}
		if d := tail[i].At - tail[from].At; d > window*9/10 {
			r.Lowest = min(r.Lowest, kbps(there[i]-there[from]+jump, d))
		}
	}
	return r, r.Kbps > 0
}

// waits is how much longer than usual a byte must be on its way for the line to be
// full.
const waits = 120 * time.Millisecond

// waiting tells whether bytes wait for the line at the last of the samples, here or
// in front of a narrow place further on.
func waiting(samples []Sample) bool {
	last := samples[len(samples)-1]
	if last.Queue > 0 {
		return true
	}
	usual, lag := time.Duration(-1), time.Duration(0)
	sent := 0 // the first sample whose bytes are not all there
	for i, there := range arrivals(samples) {
		for sent < i && samples[sent].Sent <= there {
			sent++
		}
		lag = samples[i].At - samples[sent].At
		if i > 2 && (usual < 0 || lag < usual) {
			usual = lag
		}
	}
	return usual >= 0 && lag-usual > waits
}

// arrivals are the bytes that have reached the server at each sample. TCP says so
// best. Where something on the way answers in the server's stead, so that TCP is far
// ahead of the server's own confirmations, or the system does not tell, these say it,
// in steps.
func arrivals(samples []Sample) []int64 {
	step, acked := int64(0), int64(0)
	for _, s := range samples {
		if s.Acked > acked {
			step, acked = max(step, s.Acked-acked), s.Acked
		}
	}
	last := samples[len(samples)-1]
	answered := acked > 0 && (last.Kernel < 0 || float64(acked+2*step) < 0.8*float64(last.Sent-int64(last.Kernel)))
	there := make([]int64, len(samples))
	for i, s := range samples {
		n := s.Sent - int64(max(0, s.Kernel))
		if answered {
			n = min(n, max(0, s.Acked))
		}
		if i > 0 {
			n = max(n, there[i-1])
		}
		there[i] = n
	}
	return there
}

func kbps(bytes int64, in time.Duration) int { return int(float64(bytes) * 8 / 1000 / in.Seconds()) }
