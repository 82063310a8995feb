// Package uplink finds out what a line carries to a server, by publishing to it
// for a few seconds: start at [Measure].
//
// What is sent is a real stream: H.264 that every decoder takes, of noise that
// nothing on the way can make smaller, and that costs this machine next to nothing
// to make (film). Its rate grows until bytes have to wait, and stays there for as
// long as it takes to be sure. What the line carries is the rate at which bytes
// arrive while others wait, as the other end's TCP confirms them: [Judge] makes
// that of the samples, and is a pure calculation.
//
// It must not run beside a show: it fills the line.
package uplink
