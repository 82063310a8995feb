package capture

import "context"

// Source is something to capture from. A source is used once.
type Source interface {
	// Run captures until ctx ends, the source comes to its end, or it fails. It
	// has given back the device, and started nothing that outlives it, when it
	// returns: nil at the end of a file, ctx.Err() when told to stop, and
	// otherwise an error whose cause says what happened (see [ErrGone] and its
	// siblings).
	Run(ctx context.Context, sink Sink) error
}

// Sink is where a source delivers. Each function takes over the caller's
// reference and returns at once. A nil function means that nobody wants that
// kind; the source then spares itself the work.
type Sink struct {
	Video func(*Frame)
	Audio func(*Samples)
}
