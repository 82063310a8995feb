package encoder

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/libav"
)

// TestStartCodes encodes the same pictures with start codes (of 3 and 4 bytes,
// since slices have threads) and with lengths, which must come to the same.
func TestStartCodes(t *testing.T) {
	var streams [2][][]byte
	var records [2][]byte
	for i, annexB := range []string{"annexb=0", "annexb=1"} {
		enc, err := libav.OpenVideo(libav.VideoSetup{
			Codec: "libx264", Width: 320, Height: 192, FPS: 30, Bitrate: 1_000_000, VBV: 1_000_000,
			KeyInterval: 30, Threads: 3, Borrows: true,
			// Slices that share a VBV are not the same in every run.
			Options: []string{"preset=veryfast", "tune=zerolatency", "x264-params=qp=30:" + annexB},
		})
		if err != nil {
			t.Fatal(err)
		}
		defer enc.Close()
		extra := enc.Extradata()
		if startCoded(extra) != (i == 1) {
			t.Errorf("%s: extradata begins %x", annexB, extra[:5])
		}
		if records[i], err = record(H264, extra); err != nil {
			t.Fatal(err)
		}
		f := capture.NewFramePool(capture.I420, 320, 192).Get()
		var p libav.Packet
		for n := range 10 {
			content(f, n, 0, nil)
			if err := enc.Send(f, int64(n)*int64(time.Second)/30, false); err != nil {
				t.Fatal(err)
			}
			for {
				more, err := enc.Receive(&p)
				if err != nil {
					t.Fatal(err)
				}
				if !more {
					break
				}
				data := bytes.Clone(p.Data)
				if i == 1 {
					data = appendLengths(nil, H264, data)
				}
				// The first packet's comment names the options, which differ.
				for nal := range eachLength(data) {
					if nal[0]&31 != 6 {
						streams[i] = append(streams[i], bytes.Clone(nal))
					}
				}
			}
		}
	}
	if !bytes.Equal(records[0], records[1]) {
		t.Errorf("records differ:\n%x\n%x", records[0], records[1])
	}
	if len(streams[0]) < 20 || !slices.EqualFunc(streams[0], streams[1], bytes.Equal) {
		t.Errorf("%d and %d units, not the same", len(streams[0]), len(streams[1]))
	}
}

func FuzzUnits(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 1, 0x68, 9, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 2, 0x67, 1})
	f.Add([]byte{0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, c := range VideoCodecs() {
			record(c, b)
		}
		out := appendLengths(nil, H264, b)
		var total int
		for nal := range eachLength(out) {
			total += 4 + len(nal)
		}
		if total != len(out) {
			t.Errorf("lengths do not add up: %d of %d", total, len(out))
		}
	})
}
