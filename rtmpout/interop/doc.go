// Package interop checks tally/rtmpout against other implementations of RTMP in Go
// (gortmplib v1.0.0, lal v0.37.4) and measures it beside gortmplib and ffmpeg. It is
// a module of its own, so that none of them becomes a dependency of Tally. Some tests run
// the built program, TALLY_BIN, or build it.
//
//	go -C rtmpout/interop test ./...
//	go -C rtmpout/interop run ./bench
package interop
