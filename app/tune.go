package app

import (
	"time"

	"tally/app/program"
	"tally/app/words"
)

// tune makes what is captured follow the settings of the sources in use. Control
// calls it at each look.
func (s *Studio) tune() {
	s.mu.Lock()
	set := s.settings
	s.mu.Unlock()
	picture, sound := s.video.now(), s.heard()
	s.sound.Shift(time.Duration(set.Of(sound.Device).OffsetMs) * time.Millisecond)
	text := slateText(picture)
	s.picture.Slate(s.opts.Say(text), text.String())
	for _, one := range []*slot{s.video, s.audio} {
		if f := one.playing(); f != nil {
			f.Loop(set.Of(one.now().Device).Loop)
		}
	}
}

// heard is the source of the sound, which may be the picture's too.
func (s *Studio) heard() SourceStatus {
	s.mu.Lock()
	shared := s.settings.Video.Source == s.settings.Audio.Source
	s.mu.Unlock()
	if st := s.video.now(); shared && parseSource(st.Source).kind == "file" {
		return st
	}
	return s.audio.now()
}

// slateText is what viewers read while a source gives no picture.
func slateText(st SourceStatus) Sentence {
	switch kind := parseSource(st.Device).kind; {
	case st.State == SourceEnded, st.State == SourceOff:
		return ""
	case st.State == SourceStarting && st.Format == "":
		return "One moment, please"
	case kind == "camera":
		return "The camera will be back in a moment"
	case kind == "screen":
		return "The screen will be back in a moment"
	}
	return "The picture will be back in a moment"
}

// pictureProblem is about a picture that comes and cannot be shown.
func pictureProblem(damaged time.Duration, st SourceStatus) Problem {
	if st.State != SourceRunning || damaged < 2*time.Second {
		return Problem{}
	}
	return Problem{Title: words.Say("%s sends damaged pictures only.", st.Name), Advice: "Plug it in elsewhere or with another cable, or choose another size for it.", Retry: true}
}

// soundKnown is how long a microphone must have worked before it is judged.
const soundKnown = 3 * time.Second

// soundProblem is what viewers would complain about in a sound that does arrive.
// What a computer plays may be silent or loud as it likes.
func soundProblem(l program.Level, st SourceStatus, worked time.Duration) Problem {
	if parseSource(st.Device).kind != "mic" || st.Desktop || st.State != SourceRunning || worked < soundKnown {
		return Problem{}
	}
	switch {
	case l.Mute:
		return Problem{Title: words.Say("%s is muted: no sound at all comes from it.", st.Name), Advice: "Look for a switch on it, and unmute it in this computer's sound settings.", Retry: true}
	case l.Loud:
		return Problem{Title: words.Say("%s is too loud: the sound is distorted.", st.Name), Advice: "Turn it down in this computer's sound settings, or move away from it.", Retry: true}
	case l.Quiet:
		return Problem{Title: words.Say("%s has heard nothing for a while.", st.Name), Advice: "If you are speaking, turn it up or choose another microphone.", Retry: true}
	}
	return Problem{}
}

// worked is for how long the slot's source has delivered; 0 when it does not.
func (s *slot) worked() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.State != SourceRunning {
		return 0
	}
	return time.Since(s.since)
}
