package app

import (
	"time"

	"tally/capture"
	"tally/capture/media"
)

// play notes which file is playing: nil, or a source that is no file, when none is.
func (s *slot) play(src capture.Source) {
	file, _ := src.(*media.Source)
	s.mu.Lock()
	s.file = file
	s.mu.Unlock()
}

// playing is the slot's file.
func (s *slot) playing() *media.Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.file
}

// seek plays the slot's file from another place. One that is over plays again.
func (s *slot) seek(to time.Duration) {
	if f := s.playing(); f != nil && f.Seek(to) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.State == SourceEnded {
		s.from = to
		s.poke()
	}
}

// place is where the slot's file stands; zero when it has none, or is an image.
func (s *slot) place() Place {
	f := s.playing()
	if f == nil || f.Info().Duration < time.Second {
		return Place{}
	}
	at, paused := f.Position()
	return Place{At: at, Length: f.Info().Duration, Paused: paused}
}

// Place is where a file stands that is being played.
type Place struct {
	At, Length time.Duration
	Paused     bool
}

// places are where files stand, by their source.
func (s *Studio) places() map[string]Place {
	var all map[string]Place
	for _, one := range []*slot{s.video, s.audio} {
		if p := one.place(); p != (Place{}) {
			if all == nil {
				all = map[string]Place{}
			}
			all[one.now().Source] = p
		}
	}
	return all
}

// of finds the slots that play a source.
func (s *Studio) of(source string) []*slot {
	var all []*slot
	for _, one := range []*slot{s.video, s.audio} {
		if one.now().Source == source {
			all = append(all, one)
		}
	}
	return all
}

// Seek plays a file, named as the status of a source names it, from another place.
func (s *Studio) Seek(source string, to time.Duration) {
	for _, one := range s.of(source) {
		one.seek(to)
	}
	s.poke()
}

// Pause stops a file at the picture that it shows, or lets it go on.
func (s *Studio) Pause(source string, on bool) {
	for _, one := range s.of(source) {
		if f := one.playing(); f != nil {
			f.Pause(on)
		}
	}
	s.poke()
}
