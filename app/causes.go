package app

import (
	"errors"
	"fmt"
	"time"

	"tally/app/words"
)

// errNetworkGone means that this machine has lost the address from which a
// connection was made.
var errNetworkGone = errors.New("app: the network is gone")

// quietError is a connection that was given up because the server took nothing.
type quietError struct {
	server  string
	quiet   time.Duration
	arrives bool // bytes reach the server's machine; only its confirmations are missing
}

func (e *quietError) Error() string {
	return fmt.Sprintf("app: %s has taken nothing for %v", e.server, e.quiet)
}

// heldError is a server that says that our key is in use when it was we who used
// it, a moment ago.
type heldError struct {
	server string
	err    error
}

func (e *heldError) Error() string { return "app: the old session is still there: " + e.err.Error() }
func (e *heldError) Unwrap() error { return e.err }

// explainLine says what an output found out by itself.
func explainLine(err error) (Problem, bool) {
	if s, ok := errors.AsType[*sleptError](err); ok {
		return Problem{Title: words.Say("The connection to %s was lost while this computer slept.", s.server), Advice: "It is awake again, and so is Tally: it connects again by itself.", Retry: true}, true
	}
	if q, ok := errors.AsType[*quietError](err); ok {
		return quietProblem(q.server, q.quiet, q.arrives), true
	}
	if h, ok := errors.AsType[*heldError](err); ok {
		return Problem{
			Title:  words.Say("%s still holds your old session, from before the connection broke.", h.server),
			Advice: "Wait: Tally asks again every few seconds, and servers let go after a minute or two. If you are live from another place with the same key, end that.",
			Retry:  true,
		}, true
	}
	if errors.Is(err, errNetworkGone) {
		return Problem{Title: "This computer has lost its network.", Advice: "Tally connects again as soon as it is back.", Retry: true}, true
	}
	return Problem{}, false
}

func quietProblem(server string, quiet time.Duration, arrives bool) Problem {
	p := Problem{
		Title:  words.Say("%s has taken nothing for %.1f s.", server, quiet.Seconds()),
		Advice: words.Say("Tally connects again when it is %.0f s. Check your internet connection.", deadAfter.Seconds()),
		Retry:  true,
	}
	if arrives {
		p.Title = words.Say("%s has confirmed nothing for %.1f s.", server, quiet.Seconds())
		p.Advice = words.Say("The server is there but does not seem to work; Tally connects again when it is %.0f s.", deadAfter.Seconds())
	}
	return p
}

// problem is why the output is not live, for people. The caller holds the lock.
func (o *output) problem(now time.Time) Problem {
	switch {
	case o.state == Stalled:
		return quietProblem(o.ways[o.way].Host(), now.Sub(o.quietSince), false)
	case o.err != nil:
		return Explain(o.err)
	}
	return Problem{}
}

// Loss is a time in which a destination that had been live was not.
type Loss struct {
	At      Seconds  `json:"at_s"` // since GO LIVE
	Seconds Seconds  `json:"seconds"`
	Cause   Sentence `json:"cause"`

	at          time.Time     // when it began, by the wall clock, which goes on while this computer sleeps
	from, until time.Time     // the same without the time asleep; until is zero while it lasts
	slept       time.Duration // this computer, meanwhile
}

// lasted is for how long, until then.
func (l *Loss) lasted(until time.Time) time.Duration { return until.Sub(l.from) + l.slept }

// since fills in when the losses were in a show that began when said.
func since(began time.Time, list []Loss) []Loss {
	for i, l := range list {
		list[i].At = Seconds(l.at.Sub(began.Round(0)))
	}
	return list
}

// losses is the book of one destination.
type losses struct {
	list []Loss
	sum  time.Duration // of those that are over
	live bool          // it was live before
}

// lossesKept bounds the book of a show on a very bad line; the sum goes on.
const lossesKept = 500

// note takes a change of state.
func (l *losses) note(now time.Time, s State, err error) {
	open := len(l.list) > 0 && l.list[len(l.list)-1].until.IsZero()
	switch {
	case s == Live || s == Idle || s == Ending:
		l.live = l.live || s == Live
		if open {
			last := &l.list[len(l.list)-1]
			last.until = now
			last.Seconds = Seconds(last.lasted(now))
			l.sum += last.lasted(now)
		}
	case !l.live:
	case open:
		if last := &l.list[len(l.list)-1]; last.Cause == "" && err != nil {
			last.Cause = Explain(err).Title
		}
	case l.justWoke(now): // what ends now did not survive that
		last := &l.list[len(l.list)-1]
		l.sum -= time.Duration(last.Seconds)
		last.until = time.Time{}
	case len(l.list) < lossesKept:
		loss := Loss{at: now.Round(0), from: now}
		if err != nil {
			loss.Cause = Explain(err).Title
		}
		l.list = append(l.list, loss)
	}
}

// began puts the beginning of the loss that is open back to the last proof.
func (l *losses) began(at time.Time) {
	n := len(l.list)
	if n == 0 {
		return
	}
	// A proof from before this computer slept says nothing.
	if last := &l.list[n-1]; last.until.IsZero() && last.slept == 0 && at.Before(last.from) {
		last.at, last.from = at.Round(0), at
	}
}

func (l *losses) total(now time.Time) time.Duration {
	sum := l.sum
	if n := len(l.list); n > 0 && l.list[n-1].until.IsZero() {
		sum += l.list[n-1].lasted(now)
	}
	return sum
}
