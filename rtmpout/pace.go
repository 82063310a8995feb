package rtmpout

import "time"

// pace decides how much the kernel is given at once. Bytes in the kernel cannot be
// overtaken by audio, so a write is what the connection was seen to deliver in 5 ms
// (one chunk at least), and no more than twice that may wait unsent in the socket.
type pace struct {
	batch    int       // bytes
	measured time.Time // when path was asked last
	path     path
}

const (
	batchTime    = 5 * time.Millisecond
	measureEvery = 250 * time.Millisecond
)

func (p *pace) init(l *link) {
	p.batch = min(4*l.opts.ChunkSize, maxBatch)
	l.kernel.limitUnsent(2 * p.batch)
}

// measure looks at the connection from time to time.
func (l *link) measure(now time.Time) {
	if now.Sub(l.pace.measured) < measureEvery {
		return
	}
	path, ok := l.kernel.path()
	l.flow.mu.Lock()
	l.pace.measured, l.pace.path = now, path
	l.flow.mu.Unlock()
	if !ok || path.delivery == 0 {
		return
	}
	batch := batchFor(path.delivery, l.opts.ChunkSize)
	if batch != l.pace.batch {
		l.pace.batch = batch
		l.kernel.limitUnsent(max(2*batch, 2*l.opts.ChunkSize))
	}
}

func batchFor(delivery, chunkSize int) int {
	return max(min(int(int64(delivery)*int64(batchTime)/int64(time.Second)), maxBatch), min(chunkSize, maxBatch))
}

// Replies may take a twentieth of what is sent, and beyond that as much as an
// honest server can ask for.
const (
	replyShare  = 20
	replyFree   = 2048 // bytes in all
	replySecond = 64   // bytes per second
)

// controlRoom is how many bytes of replies may leave now.
func (l *link) controlRoom(now time.Time) int {
	allowed := replyFree + int(now.Sub(l.began).Seconds()*replySecond) + int(l.flow.total()/replyShare)
	room := allowed - l.replied
	return room
}
