package app

import (
	"time"

	"tally/encoder"
)

// interleave brings the packets of both tracks into one order, by DTS, as
// servers and files want them. Video leaves the encoder up to a second after the
// sound of the same moment (look-ahead), so sound waits here for it.
//
// It is used by one goroutine and holds one reference to each packet in it.
type interleave struct {
	tracks [2][]*encoder.Packet // by encoder.Track, each in order of DTS
	open   [2]bool              // more may come on this track
	newest [2]time.Duration     // DTS of the last packet that was added
	// patience bounds, in media time, how much one track waits for the other:
	// a track that stands still must not hold up the show.
	patience time.Duration
}

func newInterleave(video, audio bool, patience time.Duration) *interleave {
	const never = -1 << 62
	return &interleave{newest: [2]time.Duration{never, never}, open: [2]bool{encoder.VideoTrack: video, encoder.AudioTrack: audio}, patience: patience}
}

// add takes over a reference to p.
func (q *interleave) add(p *encoder.Packet) {
	q.tracks[p.Track] = append(q.tracks[p.Track], p)
	q.newest[p.Track] = p.DTS
}

// end says that a track will bring nothing more.
func (q *interleave) end(t encoder.Track) { q.open[t] = false }

// next hands over the packet whose turn it is, or nil when it is too early to
// tell.
func (q *interleave) next() *encoder.Packet {
	v, a := q.tracks[encoder.VideoTrack], q.tracks[encoder.AudioTrack]
	switch {
	case len(v) > 0 && len(a) > 0:
		if v[0].DTS <= a[0].DTS {
			return q.pop(encoder.VideoTrack)
		}
		return q.pop(encoder.AudioTrack)
	case len(v) > 0 && q.settled(v, encoder.AudioTrack):
		return q.pop(encoder.VideoTrack)
	case len(a) > 0 && q.settled(a, encoder.VideoTrack):
		return q.pop(encoder.AudioTrack)
	}
	return nil
}

// settled tells whether the first of waiting need not wait for the other track,
// from which nothing is here.
func (q *interleave) settled(waiting []*encoder.Packet, other encoder.Track) bool {
	return !q.open[other] || // nothing more will come
		waiting[0].DTS <= q.newest[other] || // what comes will be later
		waiting[len(waiting)-1].DTS-waiting[0].DTS > q.patience
}

func (q *interleave) pop(t encoder.Track) *encoder.Packet {
	p := q.tracks[t][0]
	n := copy(q.tracks[t], q.tracks[t][1:]) // a few packets; keeps the array from creeping
	q.tracks[t][n] = nil
	q.tracks[t] = q.tracks[t][:n]
	return p
}
