package ui

import (
	"math"
	"time"

	"tally/app"
	"tally/capture"
)

// Snapshots of the states in which the window is looked at.

func idle() app.Snapshot {
	return app.Snapshot{
		State: app.Idle, Settings: app.DefaultSettings(),
		Devices: []capture.Device{
			{Kind: capture.KindCamera, ID: "one", Name: "Integrated Camera", Default: true},
			{Kind: capture.KindCamera, ID: "two", Name: "A camera whose maker could not stop adding words to its name, Mark II"},
			{Kind: capture.KindScreen, ID: "0", Name: "Screen 1, 1920 × 1080", Default: true},
			{Kind: capture.KindMicrophone, ID: "m", Name: "Built-in microphone", Default: true},
		},
		Picture: app.SourceStatus{Source: "camera:one", Name: "Integrated Camera", State: app.SourceRunning, Format: "1280 × 720 · 30 fps"},
		Sound:   app.SourceStatus{Source: "mic:m", Name: "Built-in microphone", State: app.SourceRunning, Format: "48 kHz · stereo"},
	}
}

func ready() app.Snapshot {
	s := idle()
	s.Settings.Destinations = []app.Destination{{ID: "t", Name: "Twitch", Service: "twitch", URL: "rtmps://ingest.global-contribute.live-video.net:443/app", Enabled: true}}
	s.Keys = app.KeyStatus{Present: map[string]bool{"t": true}}
	return s
}

func live() app.Snapshot {
	s := ready()
	s.State = app.Live
	s.Uptime = app.Seconds(12*time.Minute + 34*time.Second)
	s.Video = app.VideoStatus{FPS: 30, BitrateKbps: 2480, TargetKbps: 2500, ChosenKbps: 2500, Width: 1280, Height: 720}
	s.Outputs = []app.OutputStatus{{
		Name: "Twitch", State: app.Live, BitrateKbps: 2641, SentBytes: 312_400_000,
		Ack: app.AckStatus{Window: 2_500_000, InFlight: 41_250, AckedBytes: 312_000_000, AgeMs: 130, Style: "cumulative"},
	}}
	for i := range 200 {
		s.History = append(s.History, app.HistoryPoint{At: time.Duration(i) * time.Second, State: app.Live, TargetKbps: 2500, SentKbps: 2640 + int(120*math.Sin(float64(i)))})
	}
	return s
}

func reconnecting() app.Snapshot {
	s := live()
	s.State = app.Reconnecting
	o := s.Outputs[0]
	o.State, o.BitrateKbps, o.Attempt, o.RetryIn = app.Reconnecting, 0, 3, app.Seconds(4200*time.Millisecond)
	o.Problem = app.Problem{Title: "The server closed the connection.", Advice: "If this lasts, look at the service's status page.", Retry: true}
	s.Outputs = []app.OutputStatus{o}
	s.Video.Dropped = 214
	return s
}

func stalled() app.Snapshot {
	s := live()
	s.State = app.Stalled
	o := s.Outputs[0]
	o.State, o.Ack.InFlight, o.Ack.AgeMs = app.Stalled, 8_412_500, 12_400
	s.Outputs = []app.OutputStatus{o}
	return s
}

func rehearsing() app.Snapshot {
	s := live()
	s.Settings.Destinations = nil
	s.Rehearsal = app.RehearsalStatus{
		Running: true, VideoCodec: "H.264 High 3.1", AudioCodec: "AAC-LC 48 kHz stereo",
		Width: 1280, Height: 720, FPS: 30, KeyIntervalMs: 2000, AVOffsetMs: 3,
	}
	return s
}

func refused() app.Snapshot {
	s := ready()
	s.Problems = []app.Problem{{Title: "Twitch refused the stream key.", Advice: "Copy the key again from your dashboard."}}
	s.Keys.Present = nil
	return s
}

func broken() app.Snapshot {
	s := idle()
	s.Settings.Audio.Muted = true
	s.Picture = app.SourceStatus{Source: "camera:two", Name: s.Devices[1].Name, State: app.SourceFailed, Problem: app.Problem{Title: "The camera is in use by another program.", Advice: "Close that program, or choose another camera."}}
	s.Sound = app.SourceStatus{Source: "mic:m", Name: "Built-in microphone", State: app.SourceFailed, Problem: app.Problem{Title: "The microphone was unplugged."}}
	s.Settings.Record = true
	s.Recording = app.RecordingStatus{Problem: app.Problem{Title: "The disk is full.", Advice: "Free some space."}}
	return s
}

func twoPlaces() app.Snapshot {
	s := live()
	s.Settings.Destinations = append(s.Settings.Destinations, app.Destination{ID: "y", Name: "YouTube", URL: "rtmps://a.rtmps.youtube.com:443/live2", Enabled: true})
	s.Outputs = append(s.Outputs, reconnecting().Outputs...)
	s.Outputs[1].Name = "YouTube"
	s.Recording = app.RecordingStatus{Path: "/home/alice/Videos/Tally 2026-11-23 20-15-04.mkv", Seconds: 754, Bytes: 247_000_000}
	s.Settings.Record = true
	return s
}

var allStates = map[string]func() app.Snapshot{
	"idle": idle, "ready": ready, "live": live, "reconnecting": reconnecting, "stalled": stalled,
	"rehearsing": rehearsing, "refused": refused, "broken": broken, "two-places": twoPlaces,
}
