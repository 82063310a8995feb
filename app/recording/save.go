package recording

import (
	"context"
	"errors"

	"tally/encoder"
)

// Save writes packets that are all there into a file, which must not exist, from
// the first key frame on. It keeps no reference to them. When ctx ends it stops,
// and no file is left.
func Save(ctx context.Context, p Params, packets []*encoder.Packet) (Made, error) {
	r, err := New(p)
	if err != nil {
		return Made{}, err
	}
	s := series{r: r, video: p.Video}
	if err := s.open(p.Path); err != nil {
		return Made{}, r.failed("create", err)
	}
	for _, p := range packets {
		if err = errors.Join(s.write(item{Packet: p}), ctx.Err()); err != nil {
			break
		}
	}
	if err == nil {
		err = s.finish()
	}
	s.cur.began = s.cur.began && err == nil // else nothing is to be kept
	made := Made{p.Path, s.cur.length}
	if e := s.close(); err == nil {
		err = e
	}
	switch {
	case err != nil:
		return Made{}, r.failed("write", err)
	case made.Duration == 0:
		return Made{}, r.failed("write", ErrNothingThere)
	}
	return made, nil
}
