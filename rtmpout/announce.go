package rtmpout

import (
	"time"
)

// announce sends the configurations of all tracks at once, as servers look at what
// comes first to learn which tracks there are.
func (p *Publisher) announce(l *link, first time.Duration) {
	ms, _ := p.timestamp(l, first)
	send := func(which int, tr *track, packet uint8, body []byte) {
		t := tag{video: which == laneVideo, codec: tr.codec, track: tr.number, enhanced: tr.enhanced, packet: packet, key: true}
		out := l.out.begin(which, ms, l.stream, t, body)
		for len(out.left) > 0 {
			l.out.next(&out)
		}
	}
	for i := range p.videos {
		tr := &p.videos[i]
		if tr.off {
			continue
		}
		if tr.current != nil {
			send(laneVideo, tr, packetSequenceStart, configBody(tr.codec, tr.current))
		}
		if tr.color != nil && tr.enhanced {
			send(laneVideo, tr, packetMetadata, tr.color.body())
		}
	}
	for i := range p.audios {
		tr := &p.audios[i]
		if tr.off {
			continue
		}
		if tr.current != nil || tr.enhanced && tr.codec.selfDescribing() { // whose start is empty
			send(laneAudio, tr, packetSequenceStart, configBody(tr.codec, tr.current))
		}
		if tr.layout != nil && tr.enhanced {
			send(laneAudio, tr, packetMultichannel, tr.layout.body())
		}
	}
	l.announced = true
}
