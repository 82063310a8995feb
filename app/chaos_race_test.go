//go:build race

package app

// randomScripts is fewer under the race detector, which takes ten times as long;
// `make test` plays all without it.
const randomScripts = 200
