package app

import (
	"time"

	"tally/app/words"
)

// The checks of what is on this machine: those of the way to viewers are in
// preflight.go.

const (
	// frozenAfter is how long a camera may show the same picture, to the last bit.
	frozenAfter = 3 * time.Second
	// silentAfter is how long a microphone may be as silent as one that is off.
	silentAfter = 8 * time.Second
	// silentBelow is the level, in dBFS, that every microphone that is on exceeds.
	silentBelow = -75.0
)

func (f *facts) seen() Check {
	c := Check{ID: CheckPicture}
	kind := parseSource(f.picture.Source).kind
	if kind == "" && f.picture.Name != "Test card" {
		kind = "camera" // chosen for the user
	}
	wrong := func(title, advice Sentence) Check {
		c.State, c.Title, c.Advice, c.Fix = CheckDoubt, title, advice, FixPicture
		return c
	}
	switch {
	case f.settings.Video.Source == "none":
		c.State, c.Title = CheckNote, "No picture is sent, as you have chosen."
	case f.picture.State == SourceFailed:
		c.State, c.Title, c.Advice, c.Fix = CheckBad, f.picture.Problem.Title, f.picture.Problem.Advice, FixPicture
	case f.picture.State != SourceRunning:
		c.State, c.Title = CheckOpen, "The picture is starting."
	case !f.sighted:
		c.Title = words.Say("%s delivers.", f.picture.Name)
	case f.sight.Black && kind == "screen":
		return wrong("The screen is black.", "Perhaps it sleeps, or a protected program is in front.")
	case f.sight.Black:
		return wrong("The picture is black.", "Is the lens covered, or the light off?")
	case f.sight.Still > frozenAfter && kind == "camera":
		return wrong(words.Say("The picture of %s has been frozen for %.0f s.", f.picture.Name, f.sight.Still.Seconds()), "Unplug the camera and plug it in again, or choose another one.")
	case kind == "screen":
		c.Title = "The screen is shown." // that nothing moves on it is no fault
	case kind == "testcard", kind == "":
		c.State, c.Title, c.Fix = CheckNote, "Viewers see the test card.", FixPicture
	default:
		c.Title = words.Say("%s shows a picture.", f.picture.Name)
	}
	return c
}

func (f *facts) heard() Check {
	c := Check{ID: CheckSound}
	kind := parseSource(f.sound.Source).kind
	switch {
	case f.settings.Audio.Source == "none":
		c.State, c.Title = CheckNote, "No sound is sent, as you have chosen."
	case f.settings.Audio.Muted:
		c.State, c.Title, c.Advice, c.Fix = CheckDoubt, "The sound is muted.", "Viewers would hear nothing.", FixUnmute
	case f.sound.State == SourceFailed:
		c.State, c.Title, c.Advice, c.Fix = CheckBad, f.sound.Problem.Title, f.sound.Problem.Advice, FixSound
	case f.sound.State != SourceRunning:
		c.State, c.Title = CheckOpen, "The sound is starting."
	case kind == "tone", kind == "" && f.sound.Name == "Test tone":
		c.State, c.Title, c.Fix = CheckNote, "Viewers hear the test tone.", FixSound
	case kind != "file" && f.silent > silentAfter:
		c.State, c.Fix = CheckDoubt, FixSound
		c.Title = words.Say("%s has been silent for %.0f s.", f.sound.Name, f.silent.Seconds())
		c.Advice = "Switch it on, or choose another microphone."
	default:
		c.Title = words.Say("%s is heard.", f.sound.Name)
	}
	return c
}

func (f *facts) encodes() (Check, bool) {
	c := Check{ID: CheckEncoder, Title: "The encoder works."}
	switch {
	case f.settings.Video.Source == "none":
		return c, false
	case !f.encoderTried:
		c.State, c.Title = CheckOpen, "The encoder is being tried."
	case !f.encoder.IsZero():
		c.State, c.Title, c.Advice, c.Fix = CheckBad, f.encoder.Title, f.encoder.Advice, FixSettings
	}
	return c, true
}

func (f *facts) disk() (Check, bool) {
	c := Check{ID: CheckDisk}
	if !f.settings.Record {
		return c, false
	}
	hours := float64(max(0, f.room-reserve(f.settings))) / float64(bytesEach(f.settings)) / 3600
	switch {
	case f.room < 0:
		c.State, c.Title = CheckOpen, "Looking for room on the disk."
	case f.roomErr != nil:
		p := Explain(&recordError{f.roomErr})
		c.State, c.Title, c.Advice, c.Fix = CheckBad, p.Title, p.Advice, FixFolder
	case hours < 1./60:
		c.State, c.Fix = CheckBad, FixFolder
		c.Title, c.Advice = "The disk has no room for a recording.", "Free some space, or choose a folder on another disk."
	case hours < 1./12:
		c.State, c.Fix = CheckBad, FixFolder
		c.Title = words.Count(int(hours*60), "The disk has room for %d minute of recording.", "The disk has room for %d minutes of recording.")
		c.Advice = "Free some space, or choose a folder on another disk."
	case hours < 1:
		c.State, c.Fix = CheckDoubt, FixFolder
		c.Title = words.Count(int(hours*60), "The disk has room for %d minute of recording.", "The disk has room for %d minutes of recording.")
		c.Advice = "Free some space, or choose a folder on another disk."
	default:
		c.Title = words.Count(int(hours), "The disk has room for %d hour of recording.", "The disk has room for %d hours of recording.")
	}
	return c, true
}

// lowBattery is how full a battery, in percent, should at least be to begin with.
const lowBattery = 40

func (f *facts) runsOn() (Check, bool) {
	c := Check{ID: CheckPower, Title: "This computer runs on mains."}
	m := f.machine
	switch {
	case !m.Battery:
		return c, false
	case m.OnMains:
	case m.BatteryPercent < lowBattery || m.BatteryMinutes > 0 && m.BatteryMinutes < 45:
		c.State = CheckDoubt
		c.Title = words.Say("This computer runs on its battery, which has %d %% left.", m.BatteryPercent)
		if m.BatteryMinutes > 0 {
			c.Title = words.Say("This computer runs on its battery, which lasts for some %d minutes.", m.BatteryMinutes)
		}
		c.Advice = "Plug it in: a show takes more than a day's work does."
	default:
		c.State = CheckNote
		c.Title = words.Say("This computer runs on its battery, which has %d %% left.", m.BatteryPercent)
	}
	return c, true
}

// clock looks at this computer's clock without asking anybody: it never stands
// before the time at which Tally was last used here. The certificate of an
// encrypted server is a second witness: one that has run out, or is not valid yet,
// is in the check of the server.
func (f *facts) clock() Check {
	c := Check{ID: CheckClock, Title: "This computer's clock is plausible."}
	if !f.clockBehind.IsZero() {
		c.State = CheckDoubt
		c.Title = words.Say("This computer's clock says %s, but Tally was used here on %s.", f.now.Format(time.DateOnly), f.clockBehind.Format(time.DateOnly))
		c.Advice = "Set date and time: with a wrong clock, encrypted servers are refused."
	}
	return c
}
