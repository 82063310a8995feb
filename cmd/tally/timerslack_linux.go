package main

/*
#include <sys/prctl.h>

// Go's monitor thread sleeps for 20 µs at a time as long as any goroutine is in C,
// which is a third of the time on air: an encoder's call lasts milliseconds. With the
// 50 µs that Linux may add to a sleep, that thread alone makes 3,000 turns a second,
// three quarters of all context switches and 2 % of a core. With 500 µs it makes a
// third of those turns. What is waited for in Tally is a picture, 16 ms at least, or
// a socket, and an event ends a wait as promptly as before: only timeouts may come
// that much later.
//
// A thread has the slack of the one that starts it, so this is for the first, before
// Go is there; Go has no hook as early.
__attribute__((constructor)) static void tally_timer_slack(void) {
	prctl(PR_SET_TIMERSLACK, 500 * 1000UL, 0, 0, 0); // ns; refused in some sandboxes: it only costs
}
*/
import "C"
