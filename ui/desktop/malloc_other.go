//go:build !linux || !cgo

package desktop

func tuneAllocator() {}
