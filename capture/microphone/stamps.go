package microphone

import "time"

// stamps tells when samples were captured, out of when blocks of them arrived.
//
// A block arrives when its last sample is there, or later: the delay varies with
// what else the machine is doing, and is never negative. So of the blocks of the
// last two seconds the least delayed one tells the truth, and the others follow
// from it by counting samples. When the device's clock runs faster or slower than
// ours, that truth moves; the stamps move along by a thousandth at most, which
// nobody hears. A jump ahead by more than a tenth of a second is a gap in the sound,
// and is stamped as one.
type stamps struct {
	rate    int64
	started bool
	settled bool
	first   time.Duration // arrival of the first block
	offset  time.Duration // capture time of the sample at position 0, as used
	buckets [bucketCount]time.Duration
	bucket  int
	until   time.Duration // when the bucket is full
	end     time.Duration // of the last block, as stamped
}

const (
	bucketCount = 8
	bucketTime  = 250 * time.Millisecond
	// settleTime is how long only to listen at the start: servers hand over what they have
	// buffered in one go, and the first block is the most delayed one.
	settleTime = 200 * time.Millisecond
	slowSlew   = 1000 // parts of a block's time
	fastSlew   = 50
	nearby     = 10 * time.Millisecond // within this, slow is fast enough
	gap        = 100 * time.Millisecond
)

const never = time.Duration(1<<63 - 1)

func newStamps(rate int) *stamps { return &stamps{rate: int64(rate)} }

// stamp is the capture time of the first of the frames at that position, which arrived at
// that time. It is false at the start, until enough has been seen.
func (s *stamps) stamp(position int64, frames int, arrived time.Duration) (time.Duration, bool) {
	length := s.duration(int64(frames))
	s.observe(arrived, arrived-s.duration(position+int64(frames)))
	truth := s.least()
	if !s.settled {
		if arrived-s.first < settleTime {
			return 0, false
		}
		s.settled, s.offset = true, truth
		s.end = s.offset + s.duration(position)
	}
	switch off := truth - s.offset; {
	case off > gap:
		s.offset = truth
	case off.Abs() > nearby:
		s.offset += min(max(off, -length/fastSlew), length/fastSlew)
	default:
		s.offset += min(max(off, -length/slowSlew), length/slowSlew)
	}
	at := max(s.offset+s.duration(position), s.end-length/fastSlew) // never back by more than the slew
	s.end = at + length
	return at, true
}

// observe keeps the least offset of each bucket of time.
func (s *stamps) observe(now, offset time.Duration) {
	if !s.started {
		s.started, s.first, s.until = true, now, now+bucketTime
		for i := range s.buckets {
			s.buckets[i] = never
		}
	}
	for range bucketCount {
		if now < s.until {
			break
		}
		s.until += bucketTime
		s.bucket = (s.bucket + 1) % bucketCount
		s.buckets[s.bucket] = never
	}
	if now >= s.until { // after a long silence
		s.until = now + bucketTime
	}
	s.buckets[s.bucket] = min(s.buckets[s.bucket], offset)
}

func (s *stamps) least() time.Duration {
	least := never
	for _, b := range s.buckets {
		least = min(least, b)
	}
	return least
}

// duration of that many frames, without overflow for any length of show.
func (s *stamps) duration(frames int64) time.Duration {
	return time.Duration(frames/s.rate)*time.Second + time.Duration(frames%s.rate)*time.Second/time.Duration(s.rate)
}
