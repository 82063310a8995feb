// Package encoder turns [capture.Frame] and [capture.Samples] into [Packet]:
// H.264 by libx264 (or the machine's hardware) and AAC-LC, through FFmpeg's
// libavcodec.
//
//	I420 frames of the show's size ──> Video ──> Packet{Track: VideoTrack}
//	Samples of any rate            ──> Audio ──> Packet{Track: AudioTrack}
//
// [Video] and [Audio] are used by one goroutine each; they start none.
package encoder
