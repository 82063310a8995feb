package rtmpout

import (
	"bytes"
	"time"
)

// track is what is sent for one track of Options.
type track struct {
	codec    Codec
	number   uint8
	given    []byte // the configuration set last
	current  []byte // the one in force for the next frame to be written
	color    *ColorInfo
	layout   *ChannelLayout
	enhanced bool // sent in E-RTMP's form
	off      bool // the server cannot take it
}

// suit fits the tracks to what the server of l can take.
func (p *Publisher) suit(l *link) {
	caps := l.server.caps | p.opts.Assume
	fit := func(t *track) {
		t.enhanced = !t.codec.legacyForm() || t.number > 0 || p.nanoseconds(l)
		t.off = t.number > 0 && caps&CanMultitrack == 0
		if t.off {
			l.warn("track %d is not sent: the server does not say that it can take more than one", t.number)
		}
	}
	for i := range p.videos {
		fit(&p.videos[i])
	}
	for i := range p.audios {
		fit(&p.audios[i])
	}
}

func (p *Publisher) nanoseconds(l *link) bool {
	const need = CanModEx | CanNanoTimestamp
	return p.opts.Nanoseconds && (l.server.caps|p.opts.Assume)&need == need
}

// SetVideoConfig announces a new decoder configuration for the frames of a track
// that are written after it, and makes the ones possible that had none. It is copied.
// Errors are ErrNoTrack, ErrNoConfig for an empty one, *OptionsError for one of more
// than 4096 bytes, and ErrClosed.
func (p *Publisher) SetVideoConfig(track int, config []byte) error {
	return p.setConfig(&p.video, p.videos, track, config)
}

// SetAudioConfig is the same for sound.
func (p *Publisher) SetAudioConfig(track int, config []byte) error {
	return p.setConfig(&p.audio, p.audios, track, config)
}

func (p *Publisher) setConfig(l *lane, tracks []track, n int, config []byte) error {
	config = bytes.Clone(config)
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case n < 0 || n >= len(tracks):
		return ErrNoTrack
	case len(config) == 0:
		return ErrNoConfig
	case len(config) > maxConfig:
		return &OptionsError{"Config", "is longer than 4096 bytes"}
	case p.closing || p.ended:
		return ErrClosed
	case bytes.Equal(config, tracks[n].given), tracks[n].codec.selfDescribing():
		return nil
	}
	first := tracks[n].given == nil
	tracks[n].given = config
	if first && !l.used {
		tracks[n].current = config // leaves with the others, before the first frame
		return nil
	}
	l.push(item{Packet: Packet{Track: n, DTS: l.last, Data: config}, kind: itemConfig, at: time.Now()})
	p.settle(time.Now())
	return nil
}
