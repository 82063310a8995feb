package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tally/app"
	"tally/ui"
	"tally/ui/desktop"
)

// window is `tally` without arguments.
func window(ctx context.Context) error {
	if !desktop.HasDisplay() {
		return problemError{app.Problem{
			Title:  "There is no screen to open a window on.",
			Advice: "Start Tally from the desktop, or go live without a window: tally stream --help.",
		}}
	}
	dir, err := app.ConfigDir()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "settings.json")
	_, missing := os.Stat(path)
	settings, err := app.LoadSettings(path)
	if err != nil {
		// A show must be possible with a damaged file; it is kept aside, since
		// the next change would overwrite it.
		kept := path + ".damaged"
		fmt.Fprintf(os.Stderr, "tally: %v. Tally starts with default settings; the file is kept as %s.\n", err, kept)
		if err := os.Rename(path, kept); err != nil {
			fmt.Fprintln(os.Stderr, "tally: keep the damaged settings:", err)
		}
	}
	studio := app.New(app.Options{
		Settings: settings, SettingsPath: path, Keys: app.OpenKeyStore(dir), WatchDevices: true, KeepAwake: true,
		StateDir: app.StateDir(), Recover: true, FirstStart: errors.Is(missing, fs.ErrNotExist), Say: ui.Say,
	})
	running, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- studio.Run(running) }()
	err = desktop.Run(ctx, studio)
	stop()
	return errors.Join(err, <-stopped)
}
