package linksim

import "time"

// Script is a bad day: what happens to a line and a server, in order.
type Script struct {
	Name    string
	Story   string
	Lasts   time.Duration
	Jitter  time.Duration
	Buffer  int // bytes that wait in the modem; 0: 64 KiB
	Moments []Moment
}

// Moment is a change at a time since the script began.
type Moment struct {
	At    time.Duration
	Event Event
	Up    int // bit/s, of Rate
}

// Event is what can happen.
type Event string

const (
	Rate       Event = "rate"       // the line carries Up bit/s, as long as it is not out
	Out        Event = "out"        // nothing passes, and nobody is told
	Back       Event = "back"       // it passes again
	Forget     Event = "forget"     // connections become black holes; new ones work
	Address    Event = "address"    // this machine loses its address and gets another one
	ServerDown Event = "serverdown" // the server ends; its machine refuses connections
	ServerUp   Event = "serverup"   // it listens again
	ServerCut  Event = "servercut"  // the server resets our connection, and takes new ones
)

const mbit = 1_000_000

// Scripts are what happens to people who stream.
var Scripts = []Script{
	{
		Name: "fair line", Story: "6 Mbit/s, and nothing happens", Lasts: 40 * time.Second,
		Moments: []Moment{{0, Rate, 6 * mbit}},
	},
	{
		Name: "train tunnel", Story: "the signal fades, is gone for 14 s, and comes back by and by", Lasts: 60 * time.Second,
		Moments: []Moment{
			{0, Rate, 6 * mbit},
			{10 * time.Second, Rate, 2 * mbit},
			{13 * time.Second, Out, 0},
			{27 * time.Second, Rate, 1 * mbit},
			{27 * time.Second, Back, 0},
			{30 * time.Second, Rate, 3 * mbit},
			{33 * time.Second, Rate, 6 * mbit},
		},
	},
	{
		Name: "hotel Wi-Fi", Story: "0.9 to 3.5 Mbit/s with everybody else on it, and breaks of 0.8 s", Lasts: 60 * time.Second, Jitter: 60 * time.Millisecond,
		Moments: []Moment{
			{0, Rate, 3_500_000},
			{8 * time.Second, Rate, 1_200_000},
			{15 * time.Second, Out, 0},
			{15800 * time.Millisecond, Back, 0},
			{18 * time.Second, Rate, 2_200_000},
			{26 * time.Second, Rate, 900_000},
			{33 * time.Second, Rate, 3 * mbit},
			{40 * time.Second, Out, 0},
			{40800 * time.Millisecond, Back, 0},
			{45 * time.Second, Rate, 1_500_000},
		},
	},
	{
		Name: "phone hotspot hand-over", Story: "from one network to another: a new address, and half the rate", Lasts: 45 * time.Second,
		Moments: []Moment{{0, Rate, 6 * mbit}, {15 * time.Second, Out, 0}, {16 * time.Second, Rate, 3 * mbit}, {16 * time.Second, Address, 0}, {16 * time.Second, Back, 0}},
	},
	{
		Name: "neighbour's download", Story: "1.9 of 5 Mbit/s are left for 25 s, behind a modem that buffers 256 KiB", Lasts: 60 * time.Second, Buffer: 256 << 10,
		Moments: []Moment{{0, Rate, 5 * mbit}, {12 * time.Second, Rate, 1_900_000}, {37 * time.Second, Rate, 5 * mbit}},
	},
	{
		Name: "DSL re-sync", Story: "out for 15 s; then at 2.2 instead of 5 Mbit/s, and the router has forgotten us", Lasts: 60 * time.Second,
		Moments: []Moment{{0, Rate, 5 * mbit}, {12 * time.Second, Out, 0}, {20 * time.Second, Forget, 0}, {27 * time.Second, Rate, 2_200_000}, {27 * time.Second, Back, 0}},
	},
	{
		Name: "server restart", Story: "the server is gone for 4 s", Lasts: 40 * time.Second,
		Moments: []Moment{{0, Rate, 6 * mbit}, {15 * time.Second, ServerDown, 0}, {19 * time.Second, ServerUp, 0}},
	},
	{
		Name: "server hand-over", Story: "the server throws us out, and takes us again at once", Lasts: 40 * time.Second,
		Moments: []Moment{{0, Rate, 6 * mbit}, {15 * time.Second, ServerCut, 0}, {25 * time.Second, ServerCut, 0}},
	},
	{
		Name: "a line for sound only", Story: "0.4 Mbit/s for 20 s: less than a picture is worth", Lasts: 50 * time.Second,
		Moments: []Moment{{0, Rate, 6 * mbit}, {10 * time.Second, Rate, 400_000}, {30 * time.Second, Rate, 6 * mbit}},
	},
}

// OutBetween is for how long the line let nothing pass from one time to another.
func (s *Script) OutBetween(from, to time.Duration) (sum time.Duration) {
	began, out := time.Duration(0), false
	add := func(until time.Duration) {
		if out {
			sum += max(0, min(until, to)-max(began, from))
		}
		began = until
	}
	for _, m := range s.Moments {
		if m.Event == Out || m.Event == Back {
			add(m.At)
			out = m.Event == Out
		}
	}
	add(to)
	return sum
}

// Capacity is what the line could have carried from one time to another, in
// bit/s, of no more than the most that is asked of it.
func (s *Script) Capacity(from, to time.Duration, most int) float64 {
	rate, out, last, sum := 0, false, time.Duration(0), 0.0
	add := func(until time.Duration) {
		if a, b := max(last, from), min(until, to); b > a && !out {
			sum += float64(min(rate, most)) * (b - a).Seconds()
		}
		last = until
	}
	for _, m := range s.Moments {
		add(m.At)
		switch m.Event {
		case Rate:
			rate = m.Up
		case Out:
			out = true
		case Back:
			out = false
		}
	}
	add(s.Lasts)
	return sum / (to - from).Seconds()
}
