package app

import (
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"tally/capture"
	"tally/capture/screen"
	"tally/capture/wayland"
	"tally/encoder"
	"tally/rtmpout"
)

// Every error that a user can cause gets a title that names what failed, advice
// that is a sentence, and the right answer to whether waiting helps.
func TestExplain(t *testing.T) {
	at := func(s rtmpout.Step, cause error) error {
		return &rtmpout.Error{Step: s, Server: "rtmp://live.example.com/app", Err: cause}
	}
	for _, tt := range []struct {
		name  string
		err   error
		title string
		retry bool
	}{
		{"no such host", at(rtmpout.StepDNS, &net.DNSError{IsNotFound: true}), "no host of this name", true},
		{"refused", at(rtmpout.StepTCP, &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}), "nothing listens", true},
		{"no way", at(rtmpout.StepTCP, syscall.ENETUNREACH), "no way to it", true},
		{"TLS timeout", at(rtmpout.StepTLS, context.DeadlineExceeded), "no answer in time", true},
		{"timeout", at(rtmpout.StepTCP, context.DeadlineExceeded), "no answer in time", true},
		{"web server", at(rtmpout.StepHandshake, &rtmpout.NotRTMPError{Found: rtmpout.PeerHTTP}), "web server", false},
		{"encrypted port", at(rtmpout.StepHandshake, &rtmpout.NotRTMPError{Found: rtmpout.PeerTLS}), "encrypted service", false},
		{"plain port", at(rtmpout.StepTLS, &rtmpout.TLSError{Reason: rtmpout.TLSPlainPort}), "not encrypted", false},
		{"expired", at(rtmpout.StepTLS, &rtmpout.TLSError{Reason: rtmpout.TLSExpired}), "expired", false},
		{"foreign certificate", at(rtmpout.StepTLS, &rtmpout.TLSError{Reason: rtmpout.TLSUnknownAuthority}), "unknown authority", false},
		{"wrong name", at(rtmpout.StepTLS, &rtmpout.TLSError{Reason: rtmpout.TLSWrongName}), "another name", false},
		{"wrong key", at(rtmpout.StepPublish, &rtmpout.RejectedError{Code: "NetStream.Publish.Denied"}), "refuses the stream key", false},
		{"key in use", at(rtmpout.StepPublish, &rtmpout.RejectedError{Code: "NetStream.Publish.BadName"}), "in use", true},
		{"hung up on the key", at(rtmpout.StepPublish, &rtmpout.ClosedError{}), "wrong key", false},
		{"dropped", at(rtmpout.StepStream, &rtmpout.ClosedError{Reset: true}), "closed the connection", true},
		{"stalled", at(rtmpout.StepStream, &rtmpout.StalledError{For: 15 * time.Second}), "took nothing for 15 s", true},
		{"bad URL", &rtmpout.URLError{Reason: rtmpout.URLBadScheme}, "scheme", false},
		{"no key", ErrNoKey, "no stream key", false},
		{"busy camera", fmt.Errorf("camera: %w", capture.ErrBusy), "in use by another", true},
		{"no microphone at all", &sourceError{"mic", fmt.Errorf("microphone: %w", capture.ErrNotFound)}, "There is no microphone", true},
		{"no camera of that name", &sourceError{"Webcam", fmt.Errorf("camera: %w", capture.ErrNotFound)}, "no such device", true},
		{"unplugged", fmt.Errorf("camera: %w", capture.ErrGone), "unplugged", true},
		{"minimised window", fmt.Errorf("screen: %w", screen.ErrHidden), "minimised", true},
		{"closed window", fmt.Errorf("screen: %w", screen.ErrClosed), "was closed", true},
		{"window that is not open", fmt.Errorf("screen: %w", screen.ErrNoWindow), "not open", true},
		{"two windows", fmt.Errorf("screen: %w", screen.ErrSeveral), "Several windows", true},
		{"part outside", fmt.Errorf("screen: %w", screen.ErrOutside), "outside of the screen", true},
		{"nothing shared", fmt.Errorf("screen: %w", wayland.ErrCancelled), "No screen or window", false},
		{"desktop that cannot share", fmt.Errorf("screen: %w", wayland.ErrRefused), "did not share", false},
		{"sharing that was stopped", fmt.Errorf("screen: %w", wayland.ErrStopped), "has ended the sharing", false},
		{"screens that changed", fmt.Errorf("screen: %w", wayland.ErrRearranged), "screens have changed", true},
		{"desktop that sends nothing", fmt.Errorf("screen: %w", wayland.ErrNoPicture), "sends no picture", true},
		{"portal that has ended", fmt.Errorf("screen: %w", wayland.ErrEnded), "portal or PipeWire", true},
		{"portal that hangs", fmt.Errorf("screen: %w", wayland.ErrNoAnswer), "does not answer", true},
		{"sound server gone", fmt.Errorf("microphone: %w (%w)", capture.ErrGone, capture.ErrNoBackend), "sound system has stopped", true},
		{"no sound server", fmt.Errorf("microphone: %w", capture.ErrNoBackend), "is not running", true},
		{"no right", fmt.Errorf("camera: %w", capture.ErrDenied), "may not use", true},
		{"no format", fmt.Errorf("camera: %w", capture.ErrNoFormat), "no format", true},
		{"no video file", fmt.Errorf("media: %w", capture.ErrUnreadable), "cannot be played", true},
		{"full disk", &recordError{syscall.ENOSPC}, "disk is full", false},
		{"read-only folder", &recordError{fs.ErrPermission}, "may not write", false},
		{"encoder", &encoder.UnknownEncoderError{Name: "x265", Have: []string{"x264"}}, "no encoder “x265”", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := Explain(fmt.Errorf("somewhere: %w", tt.err))
			if !strings.Contains(p.Title.String(), tt.title) {
				t.Errorf("title %q does not say %q", p.Title, tt.title)
			}
			if p.Retry != tt.retry {
				t.Errorf("retry is %v", p.Retry)
			}
			for _, s := range []string{p.Title.String(), p.Advice.String()} {
				if len(s) < 10 || !strings.HasSuffix(s, ".") || strings.ToUpper(s[:1]) != s[:1] {
					t.Errorf("%q is no sentence", s)
				}
			}
		})
	}
	if p := Explain(nil); !p.IsZero() {
		t.Errorf("no error is explained as %+v", p)
	}
}
