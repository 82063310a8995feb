// Package xcb is the one place where Tally meets libxcb: a connection to an X server for what
// is asked for each picture of a screen or window, namely the picture, the mouse and what has
// changed ([Conn]). One call sends all the questions, waits once, and allocates nothing.
//
// It is a thin leaf. What is asked once, or when a screen or window has moved, is the work of
// [tally/capture/screen], through a connection of its own. The numbers of windows, pixmaps and
// shared memory are the server's, and mean the same on every connection.
package xcb
