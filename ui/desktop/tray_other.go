//go:build !linux

package desktop

// hasTray tells whether this desktop has a tray.
func hasTray() bool { return true }
