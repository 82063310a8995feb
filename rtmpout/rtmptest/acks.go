package rtmptest

// AckStyle is how a server counts in its acknowledgements. Real ones differ.
type AckStyle uint8

const (
	AckCumulative  AckStyle = iota // as RTMP 1.0 section 5.4.3 says, modulo 2^32 (nginx-rtmp and most)
	AckNone                        // never
	AckIncremental                 // the bytes since the acknowledgement before (reported of YouTube)
	AckWrap31                      // cumulative modulo 2^31 (Twitch)
	AckReset                       // cumulative, starts again from 0 above 0xF0000000 (nginx-rtmp)
	AckResetDelta                  // starts again at the step above 0xF0000000 (SRS, lal)
	AckHandshake                   // cumulative with the handshake's 3073 bytes (gortmplib)
	AckTooMuch                     // twice of what came
)

// acker decides when to acknowledge which number.
type acker struct {
	style  AckStyle
	window uint64 // what the client asked for; 0: nothing
	start  uint64 // added to what has come, for tests near a wrap
	base   uint64 // count at the last reset of the counter
	last   uint64
}

func (a *acker) due(count uint64) []uint32 {
	count += a.start
	if a.window == 0 || a.style == AckNone || count-max(a.last, a.start) < a.window {
		return nil
	}
	step := count - max(a.last, a.start)
	a.last = count
	switch a.style {
	case AckIncremental:
		return []uint32{uint32(step)}
	case AckWrap31:
		return []uint32{uint32(count % (1 << 31))}
	case AckReset, AckResetDelta:
		v := count - a.base
		if v >= 0xf0000000 {
			a.base = count
			if a.style == AckResetDelta {
				a.base = count - step
				return []uint32{uint32(step)}
			}
		}
		return []uint32{uint32(v)}
	case AckHandshake:
		return []uint32{uint32(count + 3073)}
	case AckTooMuch:
		return []uint32{uint32(2*count + 10000)}
	}
	return []uint32{uint32(count)}
}
