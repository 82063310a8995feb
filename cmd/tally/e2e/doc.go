// Package e2e holds the tests that run the program as its users do: against
// servers that are not ours, with screens and sound that are really there, and
// with everything wrong that can be wrong. It has no code of its own; what the
// tests need is in [tally/app/apptest].
package e2e
