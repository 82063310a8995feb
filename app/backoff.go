package app

import (
	"math/rand/v2"
	"time"
)

// backoff is how long to wait before the given attempt to reconnect, the first
// being 1. The steps are short, because a streamer would rather be back than be
// polite; a jitter of a fifth keeps thousands of studios from knocking at a
// restarted server in the same instant.
func backoff(attempt int) time.Duration {
	steps := [...]time.Duration{0, 1 * time.Second, 2 * time.Second, 3 * time.Second, 5 * time.Second}
	d := steps[min(attempt-1, len(steps)-1)]
	return d + time.Duration(rand.Int64N(int64(d/5)+1))
}
