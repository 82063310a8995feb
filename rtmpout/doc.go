// Package rtmpout publishes live streams over RTMP and RTMPS.
//
//	target, err := rtmpout.ParseTarget("rtmps://live.example.com/app", streamKey)
//	…
//	p, err := rtmpout.Dial(ctx, target, rtmpout.Options{
//		Video: &rtmpout.VideoTrack{Config: avcC, Width: 1280, Height: 720, FPS: 30},
//		Audio: &rtmpout.AudioTrack{Config: asc, Rate: 48000, Channels: 2},
//	})
//	…
//	p.WriteVideo(rtmpout.Packet{DTS: dts, PTS: pts, Key: key, Data: frame, Owner: buffer})
//	p.WriteAudio(rtmpout.Packet{DTS: dts, Data: frame})
//	…
//	err = p.Close(ctx)
//
// Writing never waits for the network: packets go into a bounded queue, and one
// goroutine sends them, audio before video. On a narrow line they wait there and not
// in the kernel or the modem, where nobody could drop them. What happens when the network does not
// keep up is said at [Publisher.WriteVideo] and [Publisher.WriteAudio]. The other
// direction is always read: pings are answered, refusals and ends are told by
// [Publisher.Done] and [Publisher.Err], and [Publisher.Stats] has what the server
// has confirmed.
//
// One Publisher is one connection. Whoever wants to go on after it was lost asks
// [Retryable] whether that makes sense, waits as [Backoff] says, and dials again
// with [Options.Zero] from [Publisher.Zero].
package rtmpout

//go:generate go run ./internal/conformance
