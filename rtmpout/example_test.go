package rtmpout_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// What is sent here goes to a server inside the process.
func ExampleDial() {
	srv, err := rtmptest.Listen(rtmptest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()

	target, err := rtmpout.ParseTarget(srv.URL("live"), "my-secret-key")
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	p, err := rtmpout.Dial(ctx, target, rtmpout.Options{
		Video: &rtmpout.VideoTrack{Config: []byte{1, 0x4d, 0x40, 0x1f, 0xff, 0xe0, 0}, Width: 1280, Height: 720, FPS: 30},
		Audio: &rtmpout.AudioTrack{Config: []byte{0x11, 0x90}, Rate: 48000, Channels: 2},
	})
	if err != nil {
		log.Fatal(err)
	}
	for i := range 30 { // an encoder's output
		at := time.Duration(i) * time.Second / 30
		p.WriteVideo(rtmpout.Packet{DTS: at, PTS: at, Key: i == 0, Data: []byte{0, 0, 0, 1, 0x65}})
		p.WriteAudio(rtmpout.Packet{DTS: at, Data: []byte{0x21, 0x10}})
	}
	if err := p.Close(ctx); err != nil {
		log.Fatal(err)
	}
	fmt.Println(p.Stats().VideoFrames, "frames")
	// Output: 30 frames
}

// The key never shows, whatever prints a target.
func ExampleParseTarget() {
	target, err := rtmpout.ParseTarget("rtmps://live.example.com:443/app/my-secret-key?token=1", "")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(target.ServerURL(), target.Secure())
	fmt.Printf("%v %+v %q\n", target, target, target)
	_, err = rtmpout.ParseTarget("rtmpe://live.example.com/app", "key")
	fmt.Println(err)
	// Output:
	// rtmps://live.example.com/app true
	// rtmps://live.example.com/app/••• rtmps://live.example.com/app/••• rtmps://live.example.com/app/•••
	// rtmpout: url: rtmpe, rtmpt and rtmfp are not supported; use rtmp or rtmps
}

// A destination is checked without going live.
func ExampleProbe() {
	srv, err := rtmptest.Listen(rtmptest.Config{Connect: func(p rtmptest.Publication) error {
		return &rtmptest.Reject{Code: "NetConnection.Connect.InvalidApp", Description: "no such application"}
	}})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	server, err := rtmpout.ParseServer(srv.URL("nowhere"))
	if err != nil {
		log.Fatal(err)
	}
	_, err = rtmpout.Probe(context.Background(), server, rtmpout.Options{})
	if failed, ok := errors.AsType[*rtmpout.Error](err); ok {
		fmt.Println("failed at", failed.Step)
	}
	if refused, ok := errors.AsType[*rtmpout.RejectedError](err); ok {
		fmt.Println(refused.Code)
	}
	fmt.Println("again?", rtmpout.Retryable(err))
	// Output:
	// failed at connect
	// NetConnection.Connect.InvalidApp
	// again? false
}

// A stream that goes on after its connection was lost.
func ExampleBackoff() {
	publish := func(zero *time.Duration) (*time.Duration, error) {
		// Dial with Options.Zero, write until Done, return Publisher.Zero and Err.
		return zero, &rtmpout.URLError{Reason: rtmpout.URLNoKey}
	}
	var backoff rtmpout.Backoff
	var zero *time.Duration
	for {
		var err error
		zero, err = publish(zero)
		wait, again := backoff.Next(err)
		if !again {
			fmt.Println(err)
			return
		}
		time.Sleep(wait)
	}
	// Output: rtmpout: url: there is no stream key
}
