// Package encoder turns [capture.Frame] and [capture.Samples] into [Packet]:
// H.264 by libx264 (or the machine's hardware) and AAC-LC, through FFmpeg's
// libavcodec.
//
//	I420 frames of the show's size ──> Video ──> Packet{Track: VideoTrack}
//	Samples at the show's rate     ──> Audio ──> Packet{Track: AudioTrack}
//
// [Video] and [Audio] are used by one goroutine each, except where a method says
// otherwise; they start none. Pictures are resized and coloured before, by
// [tally/capture/libav.Scaler], and sound is resampled by its Resampler.
package encoder
