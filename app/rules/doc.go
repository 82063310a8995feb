// Package rules holds what the whole repository promises, as tests: which part
// may import which, what lies where, and what no file may contain.
// CONTRIBUTING.md gives the reasons.
package rules
