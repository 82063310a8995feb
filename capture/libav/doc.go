// Package libav is the one place where Tally meets FFmpeg: scaling and colour
// ([Scaler]), sample rates ([Resampler]), encoders ([VideoEncoder],
// [AudioEncoder]), files in ([Input]) and files out ([Muxer]).
//
// It is a thin leaf. What to encode with which options is decided by
// [tally/encoder]; this package turns those decisions into calls, and errors of C
// into [Error]. It compiles against FFmpeg 5.1 and every later release up to 8.
//
// # Memory
//
// Nothing here keeps a pointer to Go memory after a call returned. What C hands
// back (the bytes of a packet) is valid until the next call on the same object.
// No function that is called once per frame allocates on the Go side.
//
// # Threads
//
// Each object is used by one goroutine at a time, unless a method says otherwise.
package libav
