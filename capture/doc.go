// Package capture holds what every source of pictures and sound has in common:
// the [Clock] that stamps them, the [Frame] and [Samples] that carry them, and
// the [Source] that delivers them.
//
// The sources themselves are packages of their own: [tally/capture/camera],
// [tally/capture/microphone], [tally/capture/screen], [tally/capture/testcard]
// and [tally/capture/media].
//
//	device ──> Source.Run ──> Sink.Video(*Frame)    the newest wins, nothing queues
//	                     └──> Sink.Audio(*Samples)  nothing is lost
//
// # Time
//
// Every frame and every block of samples is stamped once, with the moment at
// which it was captured, as a [time.Duration] on one monotonic [Clock]. Nothing
// later makes up a time.
//
// # Ownership
//
// Frames and samples come from pools and are counted by reference. Whoever is
// handed one owns one reference and calls Release exactly once; whoever wants to
// keep it longer, or give it to a second reader, calls Retain first.
package capture
