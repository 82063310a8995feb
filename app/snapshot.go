package app

import (
	"fmt"
	"strconv"
	"time"

	"tally/app/machine"
	"tally/app/words"
	"tally/capture"
	"tally/capture/camera"
)

// Sentence is a text for people that the window can say in their language; see
// package words.
type Sentence = words.Sentence

// Snapshot is everything there is to know about the studio at one moment. It is
// plain data: whoever gets one may keep it, nobody changes it. Its JSON form is
// one line of `tally stream --json`.
type Snapshot struct {
	State     State           `json:"state"`
	Uptime    Seconds         `json:"uptime_s"`         // since the first server accepted the show
	Slept     Seconds         `json:"slept_s,omitzero"` // of that, this computer slept
	Video     VideoStatus     `json:"video"`
	Audio     AudioStatus     `json:"audio"`
	Outputs   []OutputStatus  `json:"outputs"`
	Recording RecordingStatus `json:"recording,omitzero"`
	Rehearsal RehearsalStatus `json:"rehearsal,omitzero"`
	Machine   machine.Status  `json:"machine"` // this computer

	// Problems are what is wrong now, the worst first; none when all is well.
	Problems []Problem `json:"problems,omitempty"`

	// Files is the work on files of recordings: those that a crash has cut off, and
	// what somebody asked for, in the order in which it was.
	Files []FileWork `json:"files,omitempty"`

	// Report is what has become of the last show; zero before the first one has
	// ended. The last line of `tally stream --json` has it.
	Report Report `json:"report,omitzero"`

	// Unfinished is a show that a crash or a power cut has ended: offer to go on
	// with it (Resume), with a countdown, or not (ForgetUnfinished).
	Unfinished Unfinished `json:"unfinished,omitzero"`

	// What the window needs besides.
	Settings Settings         `json:"-"`
	Devices  []capture.Device `json:"-"`
	Picture  SourceStatus     `json:"-"` // what the preview shows
	Sound    SourceStatus     `json:"-"`
	Playing  map[string]Place `json:"-"` // files that play, by their source
	Controls []camera.Control `json:"-"` // of the camera in use, as they are now
	Keys     KeyStatus        `json:"-"`
	// Preflight is what was looked at for the next show, the worst first.
	Preflight  []Check        `json:"-"`
	Measured   MeasureStatus  `json:"-"`
	FirstStart bool           `json:"-"` // nothing was ever set up here
	History    []HistoryPoint `json:"-"` // one a second while on air, the last ten minutes, oldest first
	Graph      []GraphPoint   `json:"-"` // the whole show, as its report will have it
}

// Seconds is a duration that JSON shows in seconds, to the tenth.
type Seconds time.Duration

// UnmarshalJSON reads what MarshalJSON has written.
func (s *Seconds) UnmarshalJSON(text []byte) error {
	n, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return fmt.Errorf("app: read seconds: %w", err)
	}
	*s = Seconds(n * float64(time.Second))
	return nil
}

// MarshalJSON writes seconds with one decimal.
func (s Seconds) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, time.Duration(s).Seconds(), 'f', 1, 64), nil
}

// VideoStatus is the encoder's side of the picture.
type VideoStatus struct {
	FPS         float64  `json:"fps"`          // encoded in the last second
	BitrateKbps int      `json:"bitrate_kbps"` // made in the last second
	TargetKbps  int      `json:"target_kbps"`  // asked of the encoder now
	ChosenKbps  int      `json:"chosen_kbps"`  // what the user asked for
	Dropped     int      `json:"dropped"`      // encoded, but not sent: an output could not take it
	Skipped     int      `json:"skipped"`      // never encoded: this machine was too slow
	Repeated    int      `json:"repeated"`     // shown twice: the source was too slow
	Preset      string   `json:"preset"`       // in use; hardware has its own
	Encoder     string   `json:"encoder"`
	Width       int      `json:"width"`
	Height      int      `json:"height"`
	LatencyMs   int      `json:"latency_ms"`       // from capture until encoded
	Reason      Sentence `json:"reason,omitempty"` // why the target is not what the user chose, in words
	Problem     Problem  `json:"problem,omitzero"` // another encoder had to take over, or this machine is too slow
}

// AudioStatus is the encoder's side of the sound.
type AudioStatus struct {
	BitrateKbps int     `json:"bitrate_kbps"`
	LevelDB     float64 `json:"level_db"`                 // peak of the last 50 ms in dBFS, never under -96
	AVOffsetMs  int     `json:"av_offset_ms"`             // sound later than picture as they leave the encoder: positive
	SyncMs      int     `json:"sync_offset_ms,omitempty"` // what the user shifts the sound by, which is not in it
	Muted       bool    `json:"muted"`
}

// OutputStatus is one destination of the running show.
type OutputStatus struct {
	Name        string    `json:"name"`
	URL         string    `json:"url"`              // never with the key; of the backup while that is in use
	Main        bool      `json:"main"`             // the bitrate follows its line
	Backup      bool      `json:"backup,omitempty"` // its backup is in use, or being tried
	State       State     `json:"state"`
	BitrateKbps int       `json:"bitrate_kbps"` // written to the socket in the last second
	SentBytes   int64     `json:"sent_bytes"`
	QueueMs     int       `json:"queue_ms"` // age of the oldest packet not yet given to the kernel
	DelayMs     int       `json:"delay_ms"` // from capture until it is at the server; see [delay]
	KernelBytes int       `json:"kernel_bytes"`
	Dropped     int       `json:"dropped"`
	Ack         AckStatus `json:"ack"`
	RTTMs       int       `json:"rtt_ms"`
	Reconnects  int       `json:"reconnects"`       // connections lost since the show began
	Attempt     int       `json:"attempt"`          // of the reconnect that is under way; 0 when live
	RetryIn     Seconds   `json:"retry_in_s"`       // until the next attempt; 0 while one is under way
	OffAir      Seconds   `json:"off_air_s"`        // since it was first live: without proof that the server takes the show
	Cause       Sentence  `json:"cause"`            // why it is not live, as one sentence
	Losses      []Loss    `json:"losses,omitempty"` // in a report: each time that it has missed
	Problem     Problem   `json:"problem,omitzero"` // the same with advice
}

// AckStatus is what the server has confirmed.
type AckStatus struct {
	Window     int    `json:"window"`    // bytes; how often we asked to be told
	InFlight   int64  `json:"in_flight"` // sent and not confirmed
	AckedBytes int64  `json:"acked_bytes"`
	AgeMs      int    `json:"age_ms"` // since the last confirmation; -1 before the first
	Style      string `json:"style"`  // "cumulative", "incremental", "none", …
}

// RecordingStatus is the file on disk, and what can be saved of the last seconds.
// It is zero when nothing was recorded in this show, and nothing can be.
type RecordingStatus struct {
	Path        string   `json:"path"`            // of the part that is being written, or was last
	Parts       []string `json:"parts,omitempty"` // all files, when there are several
	On          bool     `json:"on"`              // it goes on
	Paused      bool     `json:"paused,omitempty"`
	Seconds     float64  `json:"seconds"`
	Bytes       int64    `json:"bytes"`
	Dropped     int      `json:"dropped"`                // pictures that are missing
	QueuedBytes int      `json:"queued_bytes,omitempty"` // wait for the disk
	MinutesLeft int      `json:"minutes_left,omitempty"` // until the disk is full, at the rate at which it fills
	Quality     Sentence `json:"quality,omitempty"`      // one sentence, when it is not simply the stream
	Problem     Problem  `json:"problem,omitzero"`

	ReplaySeconds Seconds `json:"replay_s,omitzero"`      // can be saved now
	ReplayBytes   int     `json:"replay_bytes,omitempty"` // of memory for that
}

// RehearsalStatus is what the server that Tally brings along has received. It is
// zero when no rehearsal is running.
type RehearsalStatus struct {
	Running       bool    `json:"running"`
	VideoCodec    string  `json:"video_codec"` // "H.264 High 3.1"
	AudioCodec    string  `json:"audio_codec"` // "AAC-LC 48 kHz stereo"
	Width         int     `json:"width"`
	Height        int     `json:"height"`
	FPS           float64 `json:"fps"`
	KeyIntervalMs int     `json:"key_interval_ms"`
	AVOffsetMs    int     `json:"av_offset_ms"` // sound's time stamps later than the picture's, as they arrive
	BitrateKbps   int     `json:"bitrate_kbps"`
	Bytes         int64   `json:"bytes"`
	Faults        []Fault `json:"faults,omitempty"`
}

// Fault is something that a real service would mind.
type Fault struct {
	Text Sentence `json:"text"`
}

// SourceState is how a source is doing.
type SourceState string

const (
	SourceOff      SourceState = "off"      // none chosen
	SourceStarting SourceState = "starting" // asked for, nothing delivered yet
	SourceRunning  SourceState = "running"
	SourceFailed   SourceState = "failed" // being tried again
	SourceEnded    SourceState = "ended"  // the file is over
)

// SourceStatus is a camera, microphone, screen or file in use.
type SourceStatus struct {
	Source  string // as --video and --audio name it
	Device  string // the same with the device's ID, also when Source has none
	Desktop bool   // it is what this computer plays
	Name    string // for people
	State   SourceState
	Format  Sentence // "1280×720 · 30 fps · MJPEG", "48 kHz · stereo"
	Problem Problem
}

// KeyStatus says where stream keys are kept.
type KeyStatus struct {
	Present map[string]bool // destination ID → a key is stored
	Note    Sentence        // one sentence when the desktop has no keyring, else empty
}

// HistoryPoint is one second of a show.
type HistoryPoint struct {
	At         time.Duration // since the show began
	SentKbps   int           // to the main output
	TargetKbps int
	State      State

	DelayMs, Missed, CPUPercent int   // as in GraphPoint
	Outputs                     []int // kbit/s to each of several
}

// Problem is an error as a person needs it.
type Problem struct {
	Title  Sentence `json:"title,omitempty"`  // what failed: one short sentence that names the step
	Advice Sentence `json:"advice,omitempty"` // what to do: one sentence
	Retry  bool     `json:"retry,omitempty"`  // trying again by itself can help
}

// about names what the problem is about: "HD Webcam: The device was unplugged."
func (p Problem) about(name string) Problem {
	p.Title = words.Say("%s: %s", name, p.Title)
	return p
}

// IsZero tells whether there is no problem.
func (p Problem) IsZero() bool { return p.Title == "" }
