// Package windowtest holds the tests that use Tally's real window as somebody at
// mouse and keyboard does, on an X server of their own, and look at its pixels
// and at what a real server gets. It has no code of its own; what the tests need
// is in [tally/app/apptest].
package windowtest
