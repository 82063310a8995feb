package rtmpout

import "time"

// slowWrites is how many StallTimeouts a write may have of which each takes a few
// bytes. Whoever needs longer for a batch does not take the stream any more.
const slowWrites = 4

// write gives the batch to the connection. Payload is not copied, except to
// encrypt it.
func (l *link) write(now time.Time) error {
	c := &l.out
	c.finish()
	l.writing = now
	l.measure(now)
	l.extendDeadline(now)
	return l.writeBatch()
}

// extendDeadline gives the next write StallTimeout, or a little less, as setting it
// each time would cost more than most writes.
func (l *link) extendDeadline(now time.Time) {
	if l.progress.IsZero() || l.deadlineAt.Sub(now) < l.opts.StallTimeout*3/4 {
		l.deadlineAt = now.Add(l.opts.StallTimeout)
		l.tcp.SetWriteDeadline(l.deadlineAt)
		if l.hurry.Load() { // Close has set a shorter one, perhaps just before
			l.tcp.SetWriteDeadline(now.Add(hurryTime))
		}
	}
}

// waitSent waits until the kernel has sent enough to take a chunk: as long as a write
// would, which is not long when Close is in a hurry.
func (l *link) waitSent(now time.Time) error {
	l.writing = now
	l.extendDeadline(now)
	for try := 1; ; try++ {
		before, _, _ := l.kernel.room()
		err := l.kernel.waitWritable()
		if err == nil {
			return nil
		}
		if after, _, ok := l.kernel.room(); !isTimeout(err) || l.hurry.Load() || !ok || after >= before || try == slowWrites {
			return err
		}
		// Slow, but not stalled.
		l.progress = time.Now()
		l.tcp.SetWriteDeadline(l.progress.Add(l.opts.StallTimeout))
	}
}

func (l *link) writeBatch() error {
	l.flow.writing(l.out.bytes)
	if l.secure {
		l.plain = l.plain[:0]
		for _, s := range l.out.slices {
			l.plain = append(l.plain, s...)
		}
		n, err := l.conn.Write(l.plain)
		return l.wrote(n, err)
	}
	l.buffers = l.out.slices
	for try := 1; ; try++ {
		n, err := l.buffers.WriteTo(l.conn)
		err = l.wrote(int(n), err)
		if err == nil || n == 0 || !isTimeout(err) || l.closing.Load() || l.hurry.Load() || try == slowWrites {
			return err
		}
		// Slow, but not stalled.
		l.tcp.SetWriteDeadline(time.Now().Add(l.opts.StallTimeout))
	}
}

// stalled is how long the write that has failed took, or nothing was taken before it.
func (l *link) stalled() time.Duration {
	return max(time.Since(l.writing), time.Since(l.progress))
}

func (l *link) wrote(n int, err error) error {
	if n > 0 {
		l.progress = time.Now()
		l.flow.wrote(n, l.progress)
	}
	return err
}
