// Package fault is where a test puts an encoder that fails in the place of this
// machine's hardware; see [tally/encoder/encodertest].
package fault

import (
	"sync/atomic"

	"tally/capture"
	"tally/capture/libav"
)

// Coder is what there is to an encoder of libavcodec: [libav.VideoEncoder].
type Coder interface {
	Extradata() []byte
	Send(f *capture.Frame, pts int64, key bool) error
	Receive(p *libav.Packet) (bool, error)
	SetBitrate(bitrate, vbv int)
	Drain() error
	Close()
}

// Name is what the encoder under test is called.
const Name = "h264_test"

// Hardware opens it; nil outside tests.
var Hardware atomic.Pointer[func(libav.VideoSetup) (Coder, error)]
