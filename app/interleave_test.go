package app

import (
	"strings"
	"testing"
	"time"

	"tally/encoder"
)

// Packets are written v or a with their DTS in hundredths of a second; what
// comes out of each add stands after it.
func TestInterleave(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
	}{
		{"waits for the other track", "a0 a2 v0", "v0 a0"},
		{"orders by DTS, video first on ties", "v0 v3 v6 a0 a2 a4", "v0 a0 a2 v3 a4"},
		{"a track that stands still does not hold up the show", "a0 a40 a80 a120", "a0 a40"},
		{"a track that has ended is not waited for", "a0 a2 .v a4", "a0 a2 a4"},
		{"both have ended", "v9 a4 v12 .v .a", "a4 v9 v12"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			q := newInterleave(true, true, 700*time.Millisecond)
			var got []string
			names := map[time.Duration]string{}
			for word := range strings.FieldsSeq(tt.in) {
				switch word {
				case ".v":
					q.end(encoder.VideoTrack)
				case ".a":
					q.end(encoder.AudioTrack)
				default:
					track := encoder.VideoTrack
					if word[0] == 'a' {
						track = encoder.AudioTrack
					}
					dts, err := time.ParseDuration(word[1:] + "0ms")
					if err != nil {
						t.Fatal(err)
					}
					names[dts*2+time.Duration(track)] = word
					q.add(&encoder.Packet{Track: track, DTS: dts})
				}
				for p := q.next(); p != nil; p = q.next() {
					got = append(got, names[p.DTS*2+time.Duration(p.Track)])
				}
			}
			if g := strings.Join(got, " "); g != tt.want {
				t.Errorf("got %q, want %q", g, tt.want)
			}
		})
	}
}
