package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"tally/app"
	"tally/rtmpout"
)

// streamFlags is a `tally stream` command line.
type streamFlags struct {
	options  app.Options
	duration time.Duration
	json     bool
}

// rehearse as a URL stands for Tally's own server on this machine.
const rehearse = "rehearsal"

func parseStream(args []string) (streamFlags, error) {
	f := streamFlags{options: app.Options{Settings: app.DefaultSettings(), Keys: app.MemoryKeys{}, Unattended: true, KeepAwake: true, StateDir: app.StateDir()}}
	set := &f.options.Settings
	var urls []string
	var loop bool
	var offset time.Duration
	flags := flag.NewFlagSet("tally stream", flag.ContinueOnError)
	flags.Func("url", "server `URL`, rtmp:// or rtmps://, with the key as last path part or in --key; may be repeated; \"rehearsal\" checks the stream on this machine", func(s string) error {
		urls = append(urls, s)
		return nil
	})
	key := flags.String("key", "", "stream `key` of every URL (better in the environment: TALLY_KEY)")
	enhanced := flags.Bool("enhanced", false, "the servers take HEVC, AV1 and Opus although they do not declare that")
	ca := flags.String("ca", "", caHelp)
	flags.StringVar(&set.Video.Source, "video", "", "picture: camera[:ID] | screen[:N[@WxH+X+Y]] | window:TITLE | testcard | file:PATH | none (default: a camera, else testcard); a window is chosen by a part of its title, or by its name in tally devices")
	flags.StringVar(&set.Audio.Source, "audio", "", "sound: mic[:ID] | tone | file:PATH | none (default: a microphone, else tone)")
	flags.Func("size", "`WxH` in pixels (default 1280x720)", func(s string) (err error) {
		set.Video.Width, set.Video.Height, err = parseSize(s)
		return err
	})
	flags.IntVar(&set.Video.FPS, "fps", set.Video.FPS, "frames a second")
	flags.DurationVar(&set.Video.KeyInterval, "keyframe", set.Video.KeyInterval, "time from one key frame to the next")
	flags.Func("video-bitrate", "`bit/s`, as 2500k or 2.5M (default 2500k)", func(s string) (err error) {
		set.Video.BitrateKbps, err = parseKbps(s)
		return err
	})
	flags.Func("audio-bitrate", "`bit/s` (default 160k)", func(s string) (err error) {
		set.Audio.BitrateKbps, err = parseKbps(s)
		return err
	})
	flags.BoolVar(&loop, "loop", false, "play files again from the beginning, without end")
	flags.DurationVar(&offset, "audio-offset", 0, "how much later the sound is heard, as 120ms, or -80ms for earlier")
	flags.StringVar(&set.Video.Codec, "video-codec", "h264", "h264 | hevc | av1; the last two for servers that take Enhanced RTMP")
	flags.StringVar(&set.Audio.Codec, "audio-codec", "aac", "aac | opus; the latter for servers that take Enhanced RTMP")
	flags.StringVar(&set.Video.Encoder, "encoder", set.Video.Encoder, "auto, x264, x265, svt-av1, or the name of one of FFmpeg's hardware encoders")
	flags.StringVar(&set.Video.Preset, "preset", set.Video.Preset, "of a software encoder, by x264's names")
	flags.Func("keep-up", "on or off: lower the preset when this machine cannot encode in time (default on)", func(s string) (err error) {
		set.Video.KeepUp, err = parseSwitch(s)
		return err
	})
	flags.Func("latency", "low (no look-ahead, no B-frames) or normal (default normal)", func(s string) error {
		set.Video.LowLatency = s == "low"
		if s != "low" && s != "normal" {
			return errors.New("latency is low or normal")
		}
		return nil
	})
	flags.Func("adapt", "on or off: lower the bitrate when the network cannot take it (default on)", func(s string) (err error) {
		set.Adapt, err = parseSwitch(s)
		return err
	})
	flags.StringVar(&f.options.RecordPath, "record", "", "also record to this `file`, .mkv or .mp4")
	flags.DurationVar(&f.duration, "duration", 0, "end after this long on air (default: until Ctrl-C or the end of the file)")
	flags.BoolVar(&f.json, "json", false, "print one snapshot a second as a line of JSON, and the report of the show as the last line")
	if err := parse(flags, args); err != nil {
		return f, err
	}
	for _, source := range []string{set.Video.Source, set.Audio.Source} {
		set.SetOf(source, func(one *app.SourceSettings) { one.Loop = loop })
	}
	set.SetOf(set.Audio.Source, func(one *app.SourceSettings) { one.OffsetMs = int(offset.Milliseconds()) })
	if err := errors.Join(set.Validate(), prefixed("--video", app.CheckVideoSource(set.Video.Source)), prefixed("--audio", app.CheckAudioSource(set.Audio.Source))); err != nil {
		return f, usageError{err}
	}
	if f.duration < 0 {
		return f, usageError{errors.New("--duration must not be negative")}
	}
	if _, err := app.ReadAuthorities(*ca); err != nil {
		return f, usageError{errors.New(app.Explain(err).Title.String())}
	}
	return f, f.destinations(urls, cmp.Or(*key, os.Getenv("TALLY_KEY")), *ca, *enhanced) // no default of the flag: help would show it
}

func prefixed(name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", name, err)
}

// destinations checks the URLs and takes the keys out of them. ca is for all.
func (f *streamFlags) destinations(urls []string, key, ca string, enhanced bool) error {
	if len(urls) == 0 {
		return usageError{errors.New(`--url is missing: give the URL of your server, or "rehearsal" to check the stream on this machine`)}
	}
	for i, u := range urls {
		if u == rehearse {
			continue
		}
		if _, err := rtmpout.ParseTarget(u, key); err != nil {
			return usageError{errors.New(app.Explain(err).Title.String())}
		}
		id := strconv.Itoa(i)
		server, k, _ := app.SplitDestination(u, key)
		f.options.Keys.(app.MemoryKeys)[id] = k
		set := &f.options.Settings
		set.Destinations = append(set.Destinations, app.Destination{ID: id, Name: server, URL: server, CA: ca, Enhanced: enhanced, Enabled: true})
	}
	return nil
}

// stream is `tally stream`.
func stream(interrupted context.Context, release func(), args []string, stdout io.Writer) error {
	f, err := parseStream(args)
	if err != nil {
		return err
	}
	studio := app.New(f.options)
	running, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- studio.Run(running) }()

	studio.GoLive()
	err = attend(interrupted, release, studio, f, stdout)
	stop()
	return errors.Join(err, <-stopped)
}

// attend follows the show until it is over.
func attend(interrupted context.Context, release func(), studio *app.Studio, f streamFlags, stdout io.Writer) error {
	lines := json.NewEncoder(stdout)
	second := time.NewTicker(time.Second)
	defer second.Stop()
	var timeUp <-chan time.Time
	var gaveUp app.Problem
	changes, unwatch := watch(studio)
	defer unwatch()
	for {
		select {
		case <-interrupted.Done():
			studio.End()
			release() // a second Ctrl-C kills
			interrupted = context.Background()
		case <-timeUp:
			studio.End()
		case <-second.C:
			if f.json {
				if err := lines.Encode(studio.Snapshot()); err != nil {
					studio.End() // nobody reads any more; the show's report has nowhere to go
				}
			}
		case s := <-changes:
			switch {
			case !s.Report.IsZero() && s.State == app.Idle:
				return closing(s, gaveUp, f, lines)
			case s.Uptime > 0 && timeUp == nil && f.duration > 0:
				timeUp = time.After(f.duration - time.Duration(s.Uptime))
			case hopeless(s) && gaveUp.IsZero():
				gaveUp = s.Problems[0]
				studio.End()
			}
		}
	}
}

// watch puts the studio's snapshots into a channel, of which the newest counts.
func watch(studio *app.Studio) (<-chan app.Snapshot, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	c := make(chan app.Snapshot, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		studio.Watch(ctx, func(s app.Snapshot) {
			select {
			case <-c:
			default:
			}
			c <- s
		})
	}()
	return c, func() { cancel(); <-done }
}

// hopeless tells whether a show without a person in front of it should be given
// up: nothing was ever live and every first attempt has failed, or every server
// has refused for good, or there is nothing to capture.
func hopeless(s app.Snapshot) bool {
	if len(s.Problems) == 0 || s.State == app.Idle || s.State == app.Ending {
		return false
	}
	fileFailed := func(st app.SourceStatus) bool {
		return st.State == app.SourceFailed && strings.HasPrefix(st.Source, "file:")
	}
	if fileFailed(s.Picture) || fileFailed(s.Sound) {
		return true
	}
	if s.Uptime == 0 && (s.Picture.State == app.SourceFailed || s.Sound.State == app.SourceFailed) {
		return true
	}
	for _, o := range s.Outputs {
		failed := o.State == app.Refused || s.Uptime == 0 && o.Cause != ""
		if !failed {
			return false
		}
	}
	return len(s.Outputs) > 0
}

// closing prints the report and tells whether the show was what was asked for.
func closing(s app.Snapshot, gaveUp app.Problem, f streamFlags, lines *json.Encoder) error {
	s.Video, s.Audio, s.Outputs, s.Recording, s.Rehearsal = s.Report.Video, s.Report.Audio, s.Report.Outputs, s.Report.Record, s.Report.Check
	s.Uptime = s.Report.OnAir + s.Report.OffAir
	if f.json {
		if err := lines.Encode(s); err != nil {
			return err
		}
	}
	switch {
	case !gaveUp.IsZero():
		return problemError{gaveUp}
	case len(s.Problems) > 0:
		return problemError{s.Problems[0]}
	case !s.Recording.Problem.IsZero():
		return problemError{s.Recording.Problem}
	}
	return nil
}
