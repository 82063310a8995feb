package rtmptest_test

import (
	"fmt"
	"log"

	"tally/rtmpout/rtmptest"
)

type printer struct{ ended chan struct{} }

func (p printer) Message(m rtmptest.Message) error {
	fmt.Println("message of type", m.Type, "at", m.Time, "ms")
	return nil
}

func (p printer) End(err error) {
	fmt.Println("orderly end:", err == nil)
	close(p.ended)
}

func ExampleListen() {
	srv, err := rtmptest.Listen(rtmptest.Config{
		Publish: func(p rtmptest.Publication) (rtmptest.Receiver, error) {
			if p.Key != "good" {
				return nil, &rtmptest.Reject{Code: "NetStream.Publish.Denied", Description: "wrong key"}
			}
			return printer{make(chan struct{})}, nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer srv.Close()
	fmt.Println(srv.URL("app")[:17], srv.Connections())
	// Output: rtmp://127.0.0.1: 0
}
