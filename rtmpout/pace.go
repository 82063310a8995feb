package rtmpout

import "time"

// pace decides how much the kernel is given at once. What it has cannot be overtaken
// by audio, so a write is small unless the connection has just shown that it takes
// more: within a busy period writes double while the kernel has nothing unsent left
// when the next one is due, and shrink to a chunk while it has.
type pace struct {
	batch    int       // bytes of a write
	lowat    int       // what limitUnsent was last told
	measured time.Time // when path was asked last
	path     path
}

const (
	firstBatch   = 8 << 10
	blindBatch   = 16 << 10 // where the kernel does not tell what is unsent
	fastBatch    = 64 << 10 // from here on the connection is a fast one
	measureEvery = 250 * time.Millisecond
)

func (p *pace) init(l *link) { l.limitUnsent(max(firstBatch, 2*l.opts.ChunkSize)) }

func (l *link) limitUnsent(n int) {
	if n != l.pace.lowat {
		l.pace.lowat = n
		l.kernel.limitUnsent(n)
	}
}

// batchLimit is how much the next write may take. fresh tells that the writer had
// nothing to do before.
func (l *link) batchLimit(fresh bool) int {
	p, chunk := &l.pace, l.opts.ChunkSize
	unsent, ok := l.kernel.notSent()
	if !ok {
		return max(blindBatch, chunk)
	}
	p.batch = nextBatch(p.batch, unsent, chunk, fresh)
	switch {
	case p.batch >= fastBatch:
		l.limitUnsent(2 * fastBatch)
	case p.batch <= firstBatch:
		l.limitUnsent(max(firstBatch, 2*chunk))
	}
	return max(p.batch-unsent, chunk)
}

func nextBatch(batch, unsent, chunk int, fresh bool) int {
	switch {
	case fresh:
		return max(firstBatch, chunk)
	case unsent == 0:
		return min(2*batch, maxBatch)
	}
	return max(batch/2, chunk)
}

// measure looks at the connection from time to time.
func (l *link) measure(now time.Time) {
	if now.Sub(l.pace.measured) < measureEvery {
		return
	}
	path, _ := l.kernel.path()
	l.flow.mu.Lock()
	l.pace.measured, l.pace.path = now, path
	l.flow.mu.Unlock()
}

// Replies may take a twentieth of what is sent, and beyond that as much as an
// honest server can ask for.
const (
	replyShare  = 20
	replyFree   = 2048 // bytes in all
	replySecond = 64   // bytes per second
)

// replyRoom is how many bytes of replies may leave now.
func (l *link) replyRoom(now time.Time) int {
	allowed := replyFree + int(now.Sub(l.began).Seconds()*replySecond) + int(l.flow.total()/replyShare)
	return allowed - l.replied
}
