package ui

import (
	"context"
	"image"
	"time"

	"tally/app"
	"tally/app/program"
)

// Studio is what the window shows and drives. Its methods return at once.
type Studio interface {
	// Watch calls fn with the current snapshot and again after changes, until ctx
	// ends. It may skip snapshots in between, never the latest.
	Watch(ctx context.Context, fn func(app.Snapshot))
	Preview() *program.Preview
	Level() program.Level

	GoLive() // with no destination enabled it rehearses
	End()
	RetryNow()

	Resume()           // the show that a crash has cut off
	ForgetUnfinished() // that one
	// Shows calls read with the history of shows, newest first, from another
	// goroutine; with an error come those that can be read.
	Shows(read func(shows []app.Report, err error))

	SetRecording(on bool) error // also in mid-show
	PauseRecording()
	ResumeRecording()
	Mark(title string) // a chapter, now
	SaveReplay()
	RepairFile(path string)   // of a recording that was cut off
	RemuxFile(path string)    // into a plain MP4 beside it
	ExportMissed(path string) // what viewers did not get of it

	// Settings are those in force, which the next snapshot will tell: change these and
	// not a snapshot's, which may be older.
	Settings() app.Settings
	// Apply saves and uses settings, or says what is wrong with them.
	Apply(app.Settings) error
	SetKey(destinationID string, key app.Key)
	ForgetKey(destinationID string)
	RefreshDevices()
	// AskForScreen has a Wayland desktop ask once more what to share.
	AskForScreen()
	// ScreenPicture is what a screen shows now, to choose a part of it.
	ScreenPicture(id string) (image.Image, app.Problem)
	Seek(source string, to time.Duration) // a file that plays
	Pause(source string, on bool)

	// Preflight looks at everything before a show, the worst first; CheckAgain
	// looks again at what takes time.
	Preflight() []app.Check
	CheckAgain()
	MeasureUpload(destinationID string) // viewers may see it where the service has no test
	MeasureMachine()
	StopMeasuring()

	// ParseDestination takes apart what the user pasted. The key may be part of
	// server. The problem says in words what is wrong, and is zero when it can be
	// streamed to.
	ParseDestination(server, key string) (url string, k app.Key, p app.Problem)
}
