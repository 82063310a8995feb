// Package program makes what goes out: one picture of the show's size at the
// show's pace ([Picture]), one continuous sound ([Sound]), and what the window
// sees and hears of them ([Preview], [Meter]).
//
//	frames of any shape ──Latest──> Picture ──I420, show's size──> encoder, Preview
//	blocks of any rate  ──queue───> Sound ────48 kHz stereo──────> encoder, Meter
//
// Both are stages: a Run that blocks until its context ends. The stamps of what
// comes in are the stamps of what goes out; only what had to be made up because a
// source gave nothing (a repeated picture, silence) gets the time at which it
// stands in.
package program
