package rtmpout_test

import (
	"errors"
	"testing"

	"tally/rtmpout"
	"tally/rtmpout/rtmptest"
)

// A server gets a codec that FLV does not have only if it has declared that one, or
// somebody else says so.
func TestOnlyDeclared(t *testing.T) {
	for _, c := range []struct {
		declares []string
		video    rtmpout.Codec
		audio    rtmpout.Codec
		assume   rtmpout.Capabilities
		refused  rtmpout.Codec
	}{
		{nil, rtmpout.H264, rtmpout.AAC, 0, ""},
		{nil, rtmpout.HEVC, rtmpout.AAC, 0, rtmpout.HEVC},
		{nil, rtmpout.H264, rtmpout.Opus, 0, rtmpout.Opus},
		{nil, rtmpout.HEVC, rtmpout.AAC, rtmpout.CanEnhanced, ""},
		{[]string{"hvc1"}, rtmpout.HEVC, rtmpout.AAC, 0, ""},
		{[]string{"hvc1"}, rtmpout.AV1, rtmpout.AAC, 0, rtmpout.AV1},
		{[]string{"*"}, rtmpout.AV1, rtmpout.Opus, 0, ""},
	} {
		server, err := rtmptest.Listen(rtmptest.Config{FourCCs: c.declares})
		if err != nil {
			t.Fatal(err)
		}
		o := rtmpout.Options{
			Video: &rtmpout.VideoTrack{Codec: c.video, Config: []byte{1}}, Audio: &rtmpout.AudioTrack{Codec: c.audio, Config: []byte{1}},
			OnlyDeclared: true, Assume: c.assume,
		}
		p, err := rtmpout.Dial(t.Context(), target(t, server.URL("live"), "k"), o)
		e, refused := errors.AsType[*rtmpout.CodecError](err)
		switch {
		case refused && e.Codec != c.refused, !refused && c.refused != "", !refused && err != nil:
			t.Errorf("%+v: %v", c, err)
		case !refused:
			closeNow(t, p)
		}
		server.Close()
	}
}
