package rtmpout

import (
	"math/bits"
	"time"
)

// pace decides how much the kernel is given at once. What it has cannot be overtaken
// by audio, so it is given what its congestion window and the server's receive window
// let go at once and at most slack bytes more, and when these are not sent yet, the
// writer waits before it chooses what comes next.
type pace struct {
	slack    int       // bytes: a chunk, or what the connection sends in slackTime
	measured time.Time // when path and slack were found last
	path     path
}

const (
	blindBatch   = 16 << 10 // where the kernel does not tell what is unsent
	slackTime    = 4 * time.Millisecond
	maxSlack     = 128 << 10
	measureEvery = 250 * time.Millisecond
)

func (p *pace) init(l *link) { l.setSlack(l.opts.ChunkSize) }

// setSlack lets so many bytes wait in the kernel beyond what it can send.
func (l *link) setSlack(n int) {
	if n == l.pace.slack {
		return
	}
	l.pace.slack = n
	l.kernel.wakeAt(n - l.opts.ChunkSize)
}

// batchLimit is how long the next batch has to be to end, which is with the chunk
// that exceeds it; false when the kernel first has to send what it has.
func (l *link) batchLimit() (limit int, ok bool) {
	notSent, window, known := l.kernel.room()
	if !known {
		return max(blindBatch, l.opts.ChunkSize), true
	}
	limit = nextBatch(notSent, window, l.pace.slack, l.opts.ChunkSize)
	return limit, limit > 0
}

// nextBatch leaves at most slack bytes unsent after a batch whose last chunk begins
// before its end; 0 when even one chunk is too much. window is what may be sent at
// once.
func nextBatch(notSent, window, slack, chunk int) int {
	if notSent > slack-chunk {
		return 0
	}
	return min(window+slack-chunk-notSent+1, maxBatch)
}

// slackFor is the slack at a rate in bytes per second: a power of two, so that it
// seldom changes, or a chunk.
func slackFor(rate, chunk int) int {
	n := min(int(int64(rate)*int64(slackTime)/int64(time.Second)), maxSlack)
	if n < 2*chunk {
		return chunk
	}
	return 1 << (bits.Len(uint(n)) - 1)
}

// measure looks at the connection from time to time.
func (l *link) measure(now time.Time) {
	if now.Sub(l.pace.measured) < measureEvery {
		return
	}
	path, _ := l.kernel.path()
	l.flow.mu.Lock()
	l.pace.measured, l.pace.path = now, path
	rate := l.flow.rate.perSecond(now.Sub(l.flow.start))
	l.flow.mu.Unlock()
	l.setSlack(slackFor(rate, l.opts.ChunkSize))
}

// Replies may take a twentieth of what is sent, or as much as an honest server can
// ask for of somebody who sends nothing.
const (
	replyShare  = 20
	replyFree   = 2048 // bytes in all
	replySecond = 64   // bytes per second
)

// replyRoom is how many bytes of replies may leave now.
func (l *link) replyRoom(now time.Time) int {
	quiet := replyFree + int(now.Sub(l.began).Seconds()*replySecond)
	return max(quiet, int(l.flow.total()/replyShare)) - l.replied
}
