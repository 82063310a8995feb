//go:build !race

package app

const randomScripts = 1000
