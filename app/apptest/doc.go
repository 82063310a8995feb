// Package apptest starts the real things that tests of Tally talk to, and
// measures what comes out of them, in the spirit of net/http/httptest:
//
//	server := apptest.StartNGINX(t)     nginx with its RTMP module
//	viewer := server.Watch(t, "key", d) somebody who watches
//	film   := viewer.File(t)            what they got
//	apptest.Probe(t, film)              its codecs, sizes, rates, key frames
//	apptest.FlashAndBeep(t, film)       its A/V offset
//
// [StartListener] is ffmpeg as a server for one stream, [StartTLS] puts TLS in
// front of either, with certificates of every kind. [StartDesktop] is an X server with
// a window manager and somebody at mouse and keyboard; [StartSound] is a
// PulseAudio server with a microphone that hears what is played.
//
// All of it is private to the test, on free ports and in temporary folders, and gone
// when the test ends. A machine that lacks one of the programs skips the test
// and says what is missing, unless TALLY_NO_SKIP is set, as it is in continuous
// integration: then the test fails.
package apptest
