package rtmpout

import (
	"slices"
	"strings"

	"tally/rtmpout/internal/amf0"
)

// CodecError says that a server has not declared that it takes a codec which FLV
// itself does not have (Options.OnlyDeclared).
type CodecError struct {
	Codec Codec
	Takes []Codec // what it has declared; empty: only what FLV has
}

func (e *CodecError) Error() string {
	if len(e.Takes) == 0 {
		return "the server does not declare that it takes " + string(e.Codec)
	}
	names := make([]string, 0, len(e.Takes))
	for _, c := range e.Takes {
		names = append(names, string(c))
	}
	return "the server takes " + strings.Join(names, ", ") + " and not " + string(e.Codec)
}

// mostCodecs bounds what is kept of a server's declaration.
const mostCodecs = 64

// declare notes the codecs that an object of the answer to connect names: in
// fourCcList, and as what can be decoded (1) or forwarded (4) in the maps. "*" is
// any (E-RTMP, Enhancing connect).
func (s *serverInfo) declare(o amf0.Object) {
	add := func(name string) {
		if len(name) <= 4 && len(s.takes) < mostCodecs && !slices.Contains(s.takes, Codec(name)) {
			s.takes = append(s.takes, Codec(name))
		}
	}
	list, _ := o.Get("fourCcList").(amf0.StrictArray)
	for _, v := range list {
		if name, ok := v.(string); ok {
			add(name)
		}
	}
	const decode, forward = 1, 4
	for _, which := range []string{"videoFourCcInfoMap", "audioFourCcInfoMap"} {
		for _, p := range amf0.Properties(o.Get(which)) {
			if can, ok := p.Value.(float64); ok && int(can)&(decode|forward) != 0 {
				add(p.Name)
			}
		}
	}
}

// takes tells whether the server takes all first tracks, if that is asked for.
func (l *link) takes() error {
	o := l.opts
	if !o.OnlyDeclared || o.Assume&CanEnhanced != 0 {
		return nil
	}
	var want []Codec
	for _, v := range o.videoTracks() {
		want = append(want, v.Codec)
	}
	for _, a := range o.audioTracks() {
		want = append(want, a.Codec)
	}
	for _, c := range want {
		if !c.legacyForm() && !slices.Contains(l.server.takes, c) && !slices.Contains(l.server.takes, "*") {
			return &CodecError{c, l.server.takes}
		}
	}
	return nil
}
