package app

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"

	"tally/app/recording"
	"tally/app/words"
	"tally/capture"
	"tally/capture/camera"
	"tally/encoder"
	"tally/rtmpout"
)

// Explain turns any error of the studio into what a person needs: which step
// failed, what to do, and whether trying again by itself can help. It never
// repeats text from an error that could hold a secret.
func Explain(err error) Problem {
	if err == nil {
		return Problem{}
	}
	for _, explain := range []func(error) (Problem, bool){explainMeasure, explainOwn, explainLine, explainAuthority, explainURL, explainServer, explainScreen, explainDevice, explainDisk, explainEncoder} {
		if p, ok := explain(err); ok {
			return p
		}
	}
	return Problem{Title: words.Say("Something unexpected failed: %s", err.Error()), Advice: "Try again; if it comes back, report it with this text.", Retry: true}
}

func explainOwn(err error) (Problem, bool) {
	switch {
	case errors.Is(err, ErrNoKey):
		return Problem{Title: "There is no stream key for this destination.", Advice: "Copy the key from your service's dashboard and paste it in."}, true
	case errors.Is(err, errKeyringSilent):
		return Problem{Title: "Your desktop's keyring is locked, and the stream key is in it.", Advice: "Type the keyring's password – its question may be behind this window – and try again."}, true
	case errors.Is(err, ErrOnAir):
		return Problem{Title: "This cannot change while you are on air.", Advice: "End the show first, or wait until it is over."}, true
	case errors.Is(err, errNothingToSend):
		return Problem{Title: "There is neither picture nor sound to send.", Advice: "Choose a source for at least one of them."}, true
	}
	return Problem{}, false
}

func explainURL(err error) (Problem, bool) {
	bad, ok := errors.AsType[*rtmpout.URLError](err)
	if !ok {
		return Problem{}, false
	}
	p := Problem{Title: words.Say("The server URL cannot be used: %s.", Sentence(bad.Reason)), Advice: "Copy the URL once more from your service; it looks like rtmps://live.example.com/app."}
	switch bad.Reason {
	case rtmpout.URLNoKey:
		p = Problem{Title: "There is no stream key.", Advice: "Copy the key from your service's dashboard; it goes after the last slash of the URL or into the field for the key."}
	case rtmpout.URLBadKey:
		p = Problem{Title: "The stream key has characters that cannot be in one.", Advice: "Copy the key once more, without line breaks."}
	}
	return p, true
}

// stepFailed say where a connection failed, and why.
var stepFailed = map[rtmpout.Step]Sentence{
	rtmpout.StepDNS: "Looking up %s failed: %s", rtmpout.StepTCP: "Connecting to %s failed: %s",
	rtmpout.StepTLS: "Encrypting the connection to %s failed: %s", rtmpout.StepHandshake: "The RTMP handshake with %s failed: %s",
	rtmpout.StepConnect: "Asking for the application on %s failed: %s", rtmpout.StepCreateStream: "Opening a stream on %s failed: %s",
	rtmpout.StepPublish: "Publishing to %s failed: %s", rtmpout.StepStream: "The stream to %s failed: %s",
}

// sayer completes the problem with a server.
type sayer func(why, advice Sentence, retry bool) (Problem, bool)

func explainServer(err error) (Problem, bool) {
	e, ok := errors.AsType[*rtmpout.Error](err)
	if !ok {
		return Problem{}, false
	}
	say := func(why, advice Sentence, retry bool) (Problem, bool) {
		return Problem{Title: words.Say(string(stepFailed[e.Step]), e.Server, why), Advice: advice, Retry: retry}, true
	}
	if t, ok := errors.AsType[*rtmpout.TLSError](err); ok {
		return explainTLS(t, say)
	}
	if n, ok := errors.AsType[*rtmpout.NotRTMPError](err); ok {
		advice := Sentence("Check the port: RTMP usually uses 1935.")
		if n.Found == rtmpout.PeerTLS {
			advice = "Begin the URL with rtmps:// instead of rtmp://."
		}
		return say(words.Say("there is %s on this port.", Sentence(n.Found)), advice, false)
	}
	if c, ok := errors.AsType[*rtmpout.CodecError](err); ok {
		return explainCodec(c, say)
	}
	if r, ok := errors.AsType[*rtmpout.RejectedError](err); ok {
		return explainRejection(r, e.Step, say)
	}
	if a, ok := errors.AsType[*rtmpout.AuthError](err); ok {
		return say(words.Say("%s.", Sentence(a.Reason)), "Put user and password into the URL, as in rtmp://user:password@host/app.", false)
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		if d.IsNotFound {
			return say("there is no host of this name.", "Check the spelling of the server's name, and your internet connection.", true)
		}
		return say("the name could not be looked up.", "Check your internet connection.", true)
	}
	if s, ok := errors.AsType[*rtmpout.StalledError](err); ok {
		return say(words.Say("it took nothing for %.0f s.", s.For.Seconds()), "Check your internet connection; Tally goes on trying.", true)
	}
	if _, ok := errors.AsType[*rtmpout.RedirectError](err); ok {
		return say("it sends us to another server that cannot be used.", "Ask your service for its current server URL.", false)
	}
	if c, ok := errors.AsType[*rtmpout.ClosedError](err); ok {
		return explainClosed(c, e.Step, say)
	}
	switch {
	case e.Timeout() && e.Step == rtmpout.StepTLS: // an RTMP server waits for more than TLS sends at first
		return say("there was no answer in time.", "If the server does not encrypt, begin the URL with rtmp:// instead of rtmps://; otherwise check its name and port.", true)
	case e.Timeout():
		return say("there was no answer in time.", "Check the server's name and port, and whether a firewall is in the way.", true)
	case errors.Is(err, syscall.ECONNREFUSED):
		return say("nothing listens on this port.", "Check that the server is running and that the port is right.", true)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.ENETDOWN):
		return say("there is no way to it.", "Check your internet connection.", true)
	}
	if _, ok := errors.AsType[*rtmpout.ProtocolError](err); ok {
		return say("it breaks the rules of RTMP.", "Check that the URL is that of a streaming server.", true)
	}
	return say("the connection broke.", "Check your internet connection; Tally goes on trying.", true)
}

func explainTLS(t *rtmpout.TLSError, say sayer) (Problem, bool) {
	advice := map[rtmpout.TLSReason]Sentence{
		rtmpout.TLSWrongName:        "Check the server's name in the URL; do not send your key anywhere else.",
		rtmpout.TLSExpired:          "Check this computer's date; if it is right, the server's owner must renew the certificate.",
		rtmpout.TLSUnknownAuthority: "If it is your own server, give the file of its certificate authority with the destination (--ca on the command line).",
		rtmpout.TLSNoAnswer:         "Begin the URL with rtmp:// instead of rtmps://, or check the port; for rtmps it is usually 443.",
		rtmpout.TLSPlainPort:        "Begin the URL with rtmp:// instead of rtmps://, or use the port for rtmps, usually 443.",
	}[t.Reason]
	if advice == "" {
		advice = "Check the URL and the port."
	}
	return say(words.Say("%s.", Sentence(t.Reason)), advice, false)
}

// explainCodec is for a server that does not take what the show is made of.
func explainCodec(c *rtmpout.CodecError, say sayer) (Problem, bool) {
	name := rtmpNames()[c.Codec]
	takes := words.Say("it takes only H.264 and AAC, and this show is %s.", name)
	if len(c.Takes) > 0 {
		takes = words.Say("it does not take %s.", name)
	}
	advice := words.Say("Choose H.264 for the picture. If you know that this server takes %s without saying so, tick Enhanced RTMP in its destination (--enhanced on the command line).", name)
	if c.Codec == rtmpout.Opus {
		advice = words.Say("Choose AAC for the sound. If you know that this server takes %s without saying so, tick Enhanced RTMP in its destination (--enhanced on the command line).", name)
	}
	return say(takes, advice, false)
}

// rtmpNames are the codecs' names for people.
func rtmpNames() map[rtmpout.Codec]string {
	names := map[rtmpout.Codec]string{}
	for c, four := range fourCCs {
		names[four] = c.String()
	}
	return names
}

func explainRejection(r *rtmpout.RejectedError, step rtmpout.Step, say sayer) (Problem, bool) {
	its := func(why Sentence) Sentence {
		if said := cmp.Or(r.Description, r.Code); said != "" {
			return words.Say("%s It says “%s”.", why, said)
		}
		return why
	}
	switch {
	case r.Code == "NetStream.Publish.BadName":
		return say(its("the key is in use or wrong."), "If you were live a moment ago, wait: the server is still closing your old session. Otherwise check the key.", true)
	case step == rtmpout.StepConnect:
		return say(its("the server refuses the application."), "Check the part of the URL after the server's name.", false)
	case step == rtmpout.StepPublish || step == rtmpout.StepCreateStream:
		return say(its("the server refuses the stream key."), "Copy the key once more from your service's dashboard.", false)
	}
	return say(its("the server ended it."), "Look at your service's dashboard.", true)
}

func explainClosed(c *rtmpout.ClosedError, step rtmpout.Step, say sayer) (Problem, bool) {
	switch step {
	case rtmpout.StepHandshake:
		return say("the server hung up.", "Check the port, and whether the URL must begin with rtmps://.", true)
	case rtmpout.StepConnect:
		return say("the server hung up without a reason, as servers do with an unknown application.", "Check the part of the URL after the server's name.", true)
	case rtmpout.StepCreateStream, rtmpout.StepPublish:
		return say("the server hung up without a reason, as services do with a wrong key.", "Copy the key once more from your service's dashboard.", false)
	}
	return say("the server closed the connection.", "Tally connects again by itself.", true)
}

// sourceError is the failure of one source, by its name for people.
type sourceError struct {
	name string
	err  error
}

func (e *sourceError) Error() string { return "app: " + e.name + ": " + e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// noSuch is what to say when any device of a kind was wanted, and there is none.
var noSuch = map[string]Sentence{"camera": "There is no camera.", "mic": "There is no microphone."}

func explainDevice(err error) (Problem, bool) {
	if s, ok := errors.AsType[*sourceError](err); ok {
		if none := noSuch[s.name]; none != "" && errors.Is(s.err, capture.ErrNotFound) {
			return Problem{Title: none, Advice: "Plug one in; Tally goes on by itself.", Retry: true}, true
		}
		return Explain(s.err).about(s.name), true
	}
	if b, ok := errors.AsType[*camera.BusyError](err); ok && b.Program != "" {
		return Problem{Title: words.Say("The camera is in use by %s.", b.Program), Advice: "Close it there; Tally tries again by itself.", Retry: true}, true
	}
	if errors.Is(err, capture.ErrGone) && errors.Is(err, capture.ErrNoBackend) {
		return Problem{Title: "The sound system has stopped.", Advice: "Start it again, or log out and in; Tally goes on by itself.", Retry: true}, true
	}
	return explainBy(err, []explanation{
		{capture.ErrBusy, "The device is in use by another program.", "Close the other program; Tally tries again by itself."},
		{capture.ErrDenied, "This user may not use the device.", "Allow Tally to use it in the system's privacy settings, or join the group that owns it."},
		{capture.ErrGone, "The device was unplugged.", "Plug it in again; Tally goes on by itself."},
		{capture.ErrStalled, "The device stopped delivering.", "Unplug it and plug it in again; Tally keeps trying."},
		{capture.ErrNoFormat, "The device offers no format that can be used.", "Choose another device."},
		{capture.ErrNoBackend, "The display or sound system that it needs is not running.", "Start a desktop session with display and sound, or choose another source."},
		{capture.ErrNotFound, "There is no such device or file.", "Choose another one from the list."},
		{capture.ErrUnreadable, "The file cannot be played.", "Choose a video or sound file that other players can play."},
	})
}

// explanation is a cause that passes, or that somebody can end, in words.
type explanation struct {
	is            error
	title, advice Sentence
}

// explainBy takes the first of the causes that err has.
func explainBy(err error, causes []explanation) (Problem, bool) {
	for _, c := range causes {
		if errors.Is(err, c.is) {
			return Problem{Title: c.title, Advice: c.advice, Retry: true}, true
		}
	}
	return Problem{}, false
}

func explainDisk(err error) (Problem, bool) {
	if _, ok := errors.AsType[*recordError](err); !ok {
		return Problem{}, false
	}
	switch {
	case errors.Is(err, errSlowDisk):
		return Problem{Title: "The disk is slow: the recording is still being written.", Advice: "Leave Tally open for a moment.", Retry: true}, true
	case errors.Is(err, recording.ErrFormat):
		return Problem{Title: "The recording could not start: its name ends in neither .mkv nor .mp4.", Advice: "Choose a name that does."}, true
	case errors.Is(err, recording.ErrNoRoom):
		return Problem{Title: "The recording has ended: the disk is almost full.", Advice: "Free some space, and switch it on again; what was recorded so far is whole."}, true
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return Problem{Title: "The recording stopped: the disk is full.", Advice: "Free some space; what was recorded so far is kept."}, true
	case errors.Is(err, fs.ErrExist):
		return Problem{Title: "The recording could not start: there is a file of this name already.", Advice: "Choose another name."}, true
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return Problem{Title: "The recording could not be written: this user may not write there.", Advice: "Choose another folder."}, true
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return Problem{Title: "The recording could not start: there is no such folder.", Advice: "Choose another folder."}, true
	}
	return Problem{Title: "The recording failed: the disk could not be written to.", Advice: "Choose another folder or disk; the stream goes on."}, true
}

func explainEncoder(err error) (Problem, bool) {
	if u, ok := errors.AsType[*encoder.UnknownEncoderError](err); ok {
		return Problem{Title: words.Say("There is no encoder “%s” on this machine.", u.Name), Advice: words.Say("Choose one of: %s.", strings.Join(u.Have, ", "))}, true
	}
	if p, ok := errors.AsType[*encoder.ParamError](err); ok {
		return Problem{Title: words.Say("The encoder cannot work with a %s of %v.", p.Param, p.Value), Advice: words.Say("It must be %s.", p.Want)}, true
	}
	if e, ok := errors.AsType[*stageError](err); ok {
		return Problem{Title: e.what, Advice: "Choose another encoder or a smaller picture, and go live again.", Retry: true}, true
	}
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return Problem{Title: "That took too long.", Advice: "Try again.", Retry: true}, true
	}
	return Problem{}, false
}
