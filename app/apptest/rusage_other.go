//go:build !linux

package apptest

// maxrssUnit is what macOS counts Rusage.Maxrss in.
const maxrssUnit = 1
