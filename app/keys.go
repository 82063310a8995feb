package app

import (
	"context"
	"errors"
	"maps"
)

// keyJob is something to do with the key store, which may wait for the user to
// unlock the keyring.
type keyJob struct {
	id     string
	key    Key
	forget bool
}

// SetKey stores the stream key of a destination. How that went is in the next
// snapshots.
func (s *Studio) SetKey(id string, k Key) { s.keyJob(keyJob{id: id, key: k}) }

// ForgetKey removes the stream key of a destination.
func (s *Studio) ForgetKey(id string) { s.keyJob(keyJob{id: id, forget: true}) }

func (s *Studio) keyJob(j keyJob) {
	s.mu.Lock()
	s.keyJobs = append(s.keyJobs, j)
	s.storing[j.id] = !j.forget
	s.mu.Unlock()
	select {
	case s.keyWork <- struct{}{}:
	default:
	}
}

// keepKeys does what the user asks of the key store, one thing after the other.
// It is a goroutine of its own because the desktop may ask for a password
// meanwhile.
func (s *Studio) keepKeys(ctx context.Context) error {
	s.findKeys(ctx)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.keyWork:
		}
		s.mu.Lock()
		jobs := s.keyJobs
		s.keyJobs = nil
		s.mu.Unlock()
		for _, j := range jobs {
			s.doKeyJob(ctx, j)
		}
		s.poke()
	}
}

func (s *Studio) doKeyJob(ctx context.Context, j keyJob) {
	var err error
	if j.forget {
		err = s.opts.Keys.Forget(ctx, j.id)
	} else {
		err = s.opts.Keys.Set(ctx, j.id, j.key)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.storing, j.id)
	if err != nil {
		s.problem = Explain(err)
		return
	}
	present := maps.Clone(s.keys.Present) // snapshots share the old one
	if present == nil {
		present = map[string]bool{}
	}
	present[j.id] = !j.forget
	s.keys.Present = present
}

// findKeys looks which destinations have a key.
func (s *Studio) findKeys(ctx context.Context) {
	s.mu.Lock()
	destinations := s.settings.Destinations
	s.mu.Unlock()
	present := map[string]bool{}
	for _, d := range destinations {
		_, err := s.opts.Keys.Get(ctx, d.ID)
		present[d.ID] = !errors.Is(err, ErrNoKey)
	}
	s.mu.Lock()
	s.keys = KeyStatus{Present: present, Note: s.opts.Keys.Note()}
	s.mu.Unlock()
	s.poke()
}
