// Package pipewire is the one place where Tally meets libpipewire: a stream of
// pictures from a node that the desktop has given access to ([Stream]).
//
// It is a thin leaf. Asking the desktop for that access is the work of
// [tally/capture/wayland]. The library is loaded when it is first needed, so that
// Tally also starts where there is none.
package pipewire
