package app

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tally/encoder"
)

// TestSplice lets two encoders take turns, of which one or the other is late, and
// looks for pictures that are missing, there twice, or out of order.
func TestSplice(t *testing.T) {
	const pictures, keys = 40, 5 // stream: a key frame each 5 pictures
	for _, turns := range [][]int{nil, {10, 20}, {5, 10, 25, 35}, {15}} {
		for _, late := range []int{-8, -3, 0, 3, 8} { // pictures that the second encoder is later than the first
			var got []string
			s := splice{change: func(c encoder.VideoConfig) { got = append(got, c.Name) }}
			s.keep = func(p *encoder.Packet) { got = append(got, fmt.Sprint(int(p.PTS/time.Millisecond), p.Data[0])) }
			packet := func(n int, key bool, from byte) *encoder.Packet {
				p := &encoder.Packet{PTS: time.Duration(n) * time.Millisecond, Key: key, Data: []byte{from}}
				switch {
				case from == 2 && key:
					p.Config = &encoder.VideoConfig{Name: "own"}
				case from == 1 && (n == 0 || n == 30):
					p.Config = &encoder.VideoConfig{Name: fmt.Sprint("stream ", n)} // another one takes over in mid-show
				}
				return p.Retain()
			}
			own := func(n int) (in, first, end bool) { // whether the second encoder has picture n
				for i := 0; i < len(turns); i += 2 {
					until := pictures
					if i+1 < len(turns) {
						until = turns[i+1]
					}
					if n >= turns[i] && n < until {
						return true, n == turns[i], n == until-1
					}
				}
				return false, false, false
			}
			for _, n := range turns {
				s.turn(time.Duration(n) * time.Millisecond)
			}
			for step := -10; step < pictures+20; step++ {
				if n := step; n >= 0 && n < pictures {
					p := packet(n, n%keys == 0, 1)
					s.stream(p)
					p.Release()
				}
				if n := step - late; n >= 0 && n < pictures {
					if in, first, end := own(n); in {
						p := packet(n, first, 2)
						s.second(p)
						p.Release()
						if end {
							s.ended()
						}
					}
				}
			}
			s.close()
			var want []string
			is := ""
			for n := range pictures {
				from, name := 1, fmt.Sprint("stream ", n/30*30)
				if in, _, _ := own(n); in {
					from, name = 2, "own"
				}
				if name != is {
					want, is = append(want, name), name
				}
				want = append(want, fmt.Sprint(n, from))
			}
			if !slices.Equal(got, want) {
				t.Errorf("turns %v, late by %d:\n got %s\nwant %s", turns, late, strings.Join(got, ", "), strings.Join(want, ", "))
			}
			if !s.idle() && len(turns)%2 == 0 {
				t.Errorf("turns %v, late by %d: not idle in the end", turns, late)
			}
		}
	}
}
