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
	s.Preflight = []app.Check{
		{ID: app.CheckUpload, State: app.CheckNote, Title: "What your upload carries on this network is not known yet.", Advice: "Tally lowers the bitrate by itself when it is too much.", Fix: app.FixMeasure},
		{ID: app.CheckKey, Title: "The stream key of Twitch is stored.", About: "t"},
		{ID: app.CheckServer, Title: "The server of Twitch answers.", About: "t"},
	}
	return s
}

// doubtful is somebody about to go live with several things wrong.
func doubtful() app.Snapshot {
	s := ready()
	s.Settings.Audio.Muted = true
	s.Preflight = append([]app.Check{
		{ID: app.CheckServer, State: app.CheckBad, Title: "Connecting to ingest.global-contribute.live-video.net:443 failed: there was no answer in time.", Advice: "Check the server's name and port, and whether a firewall is in the way.", Fix: app.FixDestination, About: "t"},
		{ID: app.CheckUpload, State: app.CheckDoubt, Title: "Your upload carried only 2.0 Mbit/s 3 hours ago; the show needs 2.7.", Advice: "Choose 1300 kbit/s, or let Tally lower the bitrate while you are live.", Fix: app.FixBitrate, Kbps: 1300},
		{ID: app.CheckSound, State: app.CheckDoubt, Title: "The sound is muted.", Advice: "Viewers would hear nothing.", Fix: app.FixUnmute},
	}, s.Preflight[1])
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
	s.Recording = app.RecordingStatus{Path: "/home/alice/Videos/Tally 2026-11-23 20-15-04.mkv", Seconds: 754, Bytes: 247_000_000, On: true, MinutesLeft: 5300}
	s.Settings.Record = true
	return s
}

// threePlaces: one that works, one that is behind on its backup, one that refuses.
func threePlaces() app.Snapshot {
	s := twoPlaces()
	s.Outputs[0].Main = true
	s.Outputs[1].State, s.Outputs[1].Attempt, s.Outputs[1].Backup = app.Live, 0, true
	s.Outputs[1].BitrateKbps, s.Outputs[1].QueueMs, s.Outputs[1].Problem = 1210, 2340, app.Problem{}
	s.Outputs = append(s.Outputs, app.OutputStatus{
		Name: "A parish whose name is as long as its sermons on a Sunday", State: app.Refused,
		Problem: app.Problem{Title: "The server refused the stream key.", Advice: "Copy the key again from your dashboard."},
	})
	return s
}

func slowLine() app.Snapshot {
	s := live()
	s.Video.TargetKbps = 1600
	s.Video.Reason = "Your upload fell to 1.9 Mbit/s. Picture lowered to 1.6."
	return s
}

// ended is after a show with two gaps, the longer one of two parts.
func ended() app.Snapshot {
	s := ready()
	s.History = live().History
	at := func(d time.Duration) app.Seconds { return app.Seconds(d) }
	s.Report = app.Report{
		Started: time.Date(2026, 11, 22, 10, 0, 0, 0, time.Local),
		Seconds: at(3725 * time.Second), OnAir: at(3700 * time.Second), OffAir: at(24 * time.Second),
		Video:   app.VideoStatus{Dropped: 214, Skipped: 3},
		Outputs: []app.OutputStatus{{Name: "Twitch", SentBytes: 1_250_000_000, Reconnects: 1, OffAir: at(24 * time.Second), Dropped: 214}},
		Record:  app.RecordingStatus{Path: "/home/alice/Videos/Tally 2026-11-22 10-00-00.mkv", Bytes: 1_300_000_000},
		Events: []app.Event{
			{At: 0, State: app.Connecting},
			{At: at(time.Second), State: app.Live},
			{At: at(600 * time.Second), State: app.Stalled},
			{At: at(602 * time.Second), State: app.Live},
			{At: at(1800 * time.Second), State: app.Stalled},
			{At: at(1804 * time.Second), State: app.Reconnecting, Cause: "The server closed the connection."},
			{At: at(1826 * time.Second), State: app.Live},
			{At: at(3725 * time.Second), State: app.Ending},
		},
	}
	return s
}

var allStates = map[string]func() app.Snapshot{
	"idle": idle, "ready": ready, "live": live, "reconnecting": reconnecting, "stalled": stalled,
	"rehearsing": rehearsing, "refused": refused, "broken": broken, "two-places": twoPlaces,
	"three-places": threePlaces, "slow-line": slowLine, "ended": ended,
	"recorded": recorded, "recovered": recovered, "doubtful": doubtful,
}

// recorded is a show whose recording keeps more than the network allows.
func recorded() app.Snapshot {
	s := live()
	s.Settings.Record = true
	s.Recording = app.RecordingStatus{
		Path: "/home/alice/Videos/Tally Twitch 2026-11-23 20-15-04.mkv", Seconds: 754, Bytes: 247_000_000, On: true, MinutesLeft: 42,
		Quality: "The recording keeps the quality you chose; only the stream is lowered.", ReplaySeconds: app.Seconds(30 * time.Second), ReplayBytes: 11_000_000,
	}
	return s
}

// recovered is the first look after a crash.
func recovered() app.Snapshot {
	s := ended()
	s.Files = []app.FileWork{
		{Kind: app.Repair, Path: "/home/alice/Videos/Tally 2026-11-21 20-15-04.mkv", State: app.Done, Seconds: app.Seconds(1801 * time.Second)},
		{Kind: app.Repair, Path: "/home/alice/Videos/Tally 2026-11-20 21-00-00.mkv", State: app.Failed, Problem: app.Problem{Title: "Tally 2026-11-20 21-00-00.mkv could not be finished: the disk has no room for another copy.", Advice: "Free some space and try again.", Retry: true}},
	}
	return s
}
