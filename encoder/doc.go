// Package encoder turns [capture.Frame] and [capture.Samples] into [Packet]:
// H.264, HEVC or AV1 by libx264, libx265 and SVT-AV1 (or the machine's hardware),
// AAC-LC or Opus, through FFmpeg's libavcodec.
//
//	I420 frames of the show's size ──> Video ──> Packet{Track: VideoTrack}
//	Samples at the show's rate     ──> Audio ──> Packet{Track: AudioTrack}
//
// [Video] and [Audio] are used by one goroutine each, except where a method says
// otherwise. A Video is one stream whose encoder may change under way; what that is
// made of is in engine.go, and which encoders there are in backend.go.
// Pictures are resized and coloured before, by [tally/capture/libav.Scaler], and
// sound is resampled by its Resampler.
package encoder
