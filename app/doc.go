// Package app is Tally without a window: the [Studio], which both the window and
// the command line drive.
//
// A studio is told what to do by intents (GoLive, End, Apply, …), which return at
// once, and is watched through immutable [Snapshot] values. It owns every
// goroutine of a show:
//
//	             picture                       encode        fan-out
//	source ────> program.Picture ──I420──┬──> Video ──┐     ┌─> output: rtmpout.Publisher, reconnect
//	(restarted                           └> preview   ├─────┼─> output …
//	 when it                                          │     ├─> recording
//	 fails)      program.Sound ──48 kHz──┬──> Audio ──┘     └─> (rehearsal is an output to a
//	source ────>                         └> meter                server that Tally brings along)
//
// Capture and preview run as long as the studio does; encoders and outputs run
// from GO LIVE to END. What overflows where: pictures, the newest wins (in front
// of program and in front of the encoder); packets, each output and the
// recording has a bounded queue of its own and drops to the next key frame.
//
// Before a show, keepChecked finds out in the background what takes time, and
// [Studio.Preflight] lists everything that is wrong; keepMeasured measures line
// and machine when somebody asks, never beside a show, and [Propose] makes a
// setting of that.
//
// The network has three watchers. Each output judges its own connection (progress),
// and connects again by itself (supply, backoff). adapting fits the bitrate to the
// lines of the main outputs. netwatch hears from the operating system. What became
// of a show is in its [Report]; book keeps those on disk, and the mark of the show
// that is running, from which the next start can go on after a crash.
//
// What people read is a [Sentence], which the window says in their language. A
// constant is one as it stands, and what has arguments is made by words.Say, or by
// words.Count when it is about a number of things:
//
//	Problem{Title: "The disk is full.", Advice: "Free some space."}
//	Problem{Title: words.Say("%s was unplugged.", name)}
//	words.Count(n, "%d picture is missing.", "%d pictures are missing.")
//
// The format is a constant, a percent sign is %%, an argument may be a Sentence,
// and sentences are never glued together. Their JSON form, and what fmt prints, is
// English. A test in assets finds them all in the source.
package app
