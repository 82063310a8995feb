package app

import (
	"cmp"
	"slices"
	"time"

	"tally/app/machine"
	"tally/app/program"
	"tally/app/words"
	"tally/assets"
	"tally/encoder"
)

// Check is one thing that is looked at before a show.
type Check struct {
	ID     CheckID
	State  CheckState
	Title  Sentence // how it is
	Advice Sentence // what to do; empty when nothing has to be done
	Fix    Fix      // what a button can do about it
	About  string   // ID of the destination, when it is about one
	Kbps   int      // of FixBitrate: what would fit
}

// CheckID names what is looked at.
type CheckID string

const (
	CheckKey     CheckID = "key"
	CheckServer  CheckID = "server"
	CheckService CheckID = "service" // what it takes
	CheckUpload  CheckID = "upload"
	CheckPicture CheckID = "picture"
	CheckSound   CheckID = "sound"
	CheckEncoder CheckID = "encoder"
	CheckDisk    CheckID = "disk"
	CheckPower   CheckID = "power"
	CheckClock   CheckID = "clock"
)

// CheckState is how something is, the best first.
type CheckState int

const (
	CheckGood  CheckState = iota
	CheckOpen             // not known yet
	CheckNote             // worth knowing, and nothing to do about
	CheckDoubt            // look at it before going live
	CheckBad              // the show would fail, or viewers would get nothing
)

// Wrong tells whether somebody should look at it before going live.
func (s CheckState) Wrong() bool { return s >= CheckDoubt }

// Fix is what can be done about a check, by one press.
type Fix string

const (
	FixKey         Fix = "key"         // enter the stream key
	FixDestination Fix = "destination" // edit the destination
	FixMeasure     Fix = "measure"     // measure the upload
	FixBitrate     Fix = "bitrate"     // take the bitrate of the check
	FixH264        Fix = "h264"        // encode the picture as H.264
	FixAAC         Fix = "aac"         // and the sound as AAC
	FixUnmute      Fix = "unmute"
	FixSound       Fix = "sound"    // choose another microphone
	FixPicture     Fix = "picture"  // choose another picture
	FixSettings    Fix = "settings" // of the picture that goes out
	FixFolder      Fix = "folder"   // choose another folder for recordings
)

// facts are what checks are made of.
type facts struct {
	now            time.Time
	settings       Settings
	keys           KeyStatus
	storing        map[string]bool // keys on their way to the store
	picture, sound SourceStatus
	sight          program.Sight
	sighted        bool          // sight is of now
	silent         time.Duration // for how long nothing was heard
	reached        map[string]reached
	line           LineFigure
	encoder        Problem // why it cannot be opened
	encoderTried   bool
	room           int64 // bytes free for recordings; -1: not looked at yet
	roomErr        error
	machine        machine.Status
	clockBehind    time.Time // zero, or when this computer was used last: later than now
}

// reached is what came of a destination that was called.
type reached struct {
	at  time.Time
	err error
}

// preflight looks at everything, and lists the worst first. A rehearsal needs no
// server, no key and no upload.
func preflight(f facts) []Check {
	var all []Check
	add := func(c Check, ok bool) {
		if ok {
			all = append(all, c)
		}
	}
	to := enabledOf(f.settings)
	for _, d := range to {
		add(f.key(d))
		add(f.server(d))
		add(f.service(d))
	}
	if len(to) > 0 {
		add(f.upload(), true)
	}
	add(f.seen(), true)
	add(f.heard(), true)
	add(f.encodes())
	add(f.disk())
	add(f.runsOn())
	add(f.clock(), true)
	slices.SortStableFunc(all, func(a, b Check) int { return cmp.Compare(b.State, a.State) })
	return all
}

func enabledOf(set Settings) []Destination {
	return slices.DeleteFunc(slices.Clone(set.Destinations), func(d Destination) bool { return !d.Enabled })
}

func (f *facts) key(d Destination) (Check, bool) {
	c := Check{ID: CheckKey, About: d.ID, Title: words.Say("The stream key of %s is stored.", d.Name)}
	present, known := f.keys.Present[d.ID]
	switch {
	case f.storing[d.ID]: // the desktop may be asking for a password
		c.State, c.Title = CheckOpen, words.Say("The stream key of %s is being stored.", d.Name)
	case !known && f.keys.Present == nil: // the keyring has not answered yet
		c.State, c.Title = CheckOpen, words.Say("Looking for the stream key of %s.", d.Name)
	case !present:
		c.State, c.Fix = CheckBad, FixKey
		c.Title = words.Say("There is no stream key for %s.", d.Name)
		c.Advice = "Copy the key from your service's dashboard and paste it in."
	}
	return c, true
}

func (f *facts) server(d Destination) (Check, bool) {
	c := Check{ID: CheckServer, About: d.ID}
	r, called := f.reached[d.ID]
	switch {
	case !called && d.own():
		c.Title = words.Say("%s is connected to when you go live. “Look again” tries it now.", d.Name)
	case !called:
		c.State, c.Title = CheckOpen, words.Say("Calling the server of %s.", d.Name)
	case r.err != nil:
		p := Explain(r.err)
		c.State, c.Title, c.Advice, c.Fix = CheckBad, p.Title, p.Advice, FixDestination
	default:
		c.Title = words.Say("The server of %s answers.", d.Name)
	}
	return c, true
}

// service compares what was chosen with what the service takes.
func (f *facts) service(d Destination) (Check, bool) {
	s, ok := assets.ServiceByID(d.Service)
	v := f.settings.Video
	if !ok {
		return f.codecs(d)
	}
	c := Check{ID: CheckService, About: d.ID, Title: words.Say("%s takes what you have chosen.", s.Name)}
	limit := s.MaxVideoKbps(v.Height, v.FPS)
	switch {
	case v.Source == "none":
		return f.codecs(d)
	case s.Refuses(string(v.Coded())):
		c.State, c.Fix = CheckDoubt, FixH264
		c.Title = words.Say("%s does not take %s.", s.Name, v.Coded())
		c.Advice = "H.264 works everywhere."
	case limit > 0 && v.BitrateKbps > limit:
		c.State, c.Fix, c.Kbps = CheckDoubt, FixBitrate, limit
		c.Title = words.Say("%s takes %d kbit/s at most; you have chosen %d.", s.Name, limit, v.BitrateKbps)
		c.Advice = "It may refuse the show, or viewers may see it stutter."
	case s.MaxFPS > 0 && v.FPS > s.MaxFPS:
		c.State, c.Fix = CheckDoubt, FixSettings
		c.Title = words.Say("%s takes %d pictures a second at most; you have chosen %d.", s.Name, s.MaxFPS, v.FPS)
		c.Advice = "Choose fewer in the settings."
	case s.KeyInterval() > 0 && v.KeyInterval > s.KeyInterval():
		c.State = CheckNote
		c.Title = words.Say("%s asks for a key frame at least every %d s; the settings say %.0f.", s.Name, s.KeyframeSeconds, v.KeyInterval.Seconds())
	default:
		if hint, ok := f.codecs(d); ok {
			return hint, true
		}
	}
	return c, true
}

// codecs is about what is not known of a server: whether it takes the codecs chosen.
func (f *facts) codecs(d Destination) (Check, bool) {
	c := Check{ID: CheckService, State: CheckNote, About: d.ID}
	s, _ := assets.ServiceByID(d.Service)
	v, a := f.settings.Video, f.settings.Audio
	switch {
	case d.Enhanced:
		return c, false
	case v.Source != "none" && v.Coded() != encoder.H264 && len(s.VideoCodecs) == 0:
		c.Fix, c.Title = FixH264, words.Say("%s may not take %s.", d.Name, v.Coded())
		c.Advice = "H.264 works everywhere. Other codecs need a server with Enhanced RTMP."
	case a.Source != "none" && a.Coded() != encoder.AAC:
		c.Fix, c.Title = FixAAC, words.Say("%s may not take %s.", d.Name, a.Coded())
		c.Advice = "AAC works everywhere. Other codecs need a server with Enhanced RTMP."
	default:
		return c, false
	}
	return c, true
}

func (f *facts) upload() Check {
	c := Check{ID: CheckUpload}
	need := f.settings.Audio.BitrateKbps
	if f.settings.Video.Source != "none" {
		need += f.settings.Video.BitrateKbps
	}
	n := 0 // of those to whom all of it goes
	for _, d := range f.settings.Destinations {
		if d.Enabled {
			n++
		}
	}
	need *= max(n, 1)
	l := f.line
	switch {
	case l.Kbps == 0:
		c.State, c.Fix = CheckNote, FixMeasure
		c.Title = "What your upload carries on this network is not known yet."
		c.Advice = "Tally lowers the bitrate by itself when it is too much."
		if !f.settings.Adapt {
			c.Advice = "Measure it to be sure."
		}
	case need <= l.Kbps*9/10, l.AtLeast && need <= l.Kbps*11/10:
		c.Title = words.Say("Your upload carried %.1f Mbit/s %s; the show needs %.1f.", mega(l.Kbps), f.ago(l.When), mega(need))
	case l.AtLeast: // nobody has tried more
		c.State, c.Fix = CheckNote, FixMeasure
		c.Title = words.Say("Your upload carried %.1f Mbit/s %s; whether it carries the %.1f that the show needs is not known.", mega(l.Kbps), f.ago(l.When), mega(need))
	default:
		c.State, c.Fix = CheckDoubt, FixBitrate
		c.Kbps = max(100, (int(share*float64(l.Kbps))/max(n, 1)-f.settings.Audio.BitrateKbps)/100*100)
		c.Title = words.Say("Your upload carried only %.1f Mbit/s %s; the show needs %.1f.", mega(l.Kbps), f.ago(l.When), mega(need))
		c.Advice = words.Say("Choose %d kbit/s, or let Tally lower the bitrate while you are live.", c.Kbps)
		if !f.settings.Adapt {
			c.Advice = words.Say("Choose %d kbit/s: viewers would see it stutter.", c.Kbps)
		}
	}
	return c
}

// ago says how old a figure is.
func (f *facts) ago(when time.Time) Sentence {
	switch d := f.now.Sub(when); {
	case d < 2*time.Minute:
		return "just now"
	case d < 2*time.Hour:
		return words.Count(int(d.Minutes()), "%d minute ago", "%d minutes ago")
	case d < 48*time.Hour:
		return words.Count(int(d.Hours()), "%d hour ago", "%d hours ago")
	default:
		return words.Count(int(d.Hours()/24), "%d day ago", "%d days ago")
	}
}
