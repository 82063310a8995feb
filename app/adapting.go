package app

import (
	"context"
	"time"

	"tally/app/adapt"
)

// adaptEvery is how often the line is looked at.
const adaptEvery = 120 * time.Millisecond

// adaptBitrate is a stage without packets: it watches the first output, the main
// one, and sets what the video encoder may spend. The others drop what they
// cannot take.
func (sh *show) adaptBitrate(ctx context.Context) error {
	v := sh.video.Config()
	chosen := int(sh.chosen.Load())
	control := adapt.New(chosen, adapt.Floor(v.Width, v.Height, v.FPS))
	other := 0
	if sh.audio != nil {
		other = sh.audio.Config().Bitrate
	}
	look := time.NewTicker(adaptEvery)
	defer look.Stop()
	wasLive := false
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-sh.ending:
			return nil
		case <-look.C:
		}
		if now := int(sh.chosen.Load()); now != chosen {
			chosen = now
			control.Choose(chosen)
		}
		sent, waiting, live := sh.outputs[0].line()
		target := adapt.Target{Bitrate: chosen}
		if sh.adapts.Load() && !sh.fixed.Load() {
			if live && !wasLive {
				control.Reset()
			}
			if live {
				target = control.Update(adapt.Sample{At: sh.clock.Now(), Left: sent - int64(waiting.kernel), Waiting: waiting.kernel + waiting.queue, Other: other})
			} else {
				target = control.Target()
			}
		}
		wasLive = live
		sh.bitrate.Store(int64(target.Bitrate))
		sh.reason.Store(&target.Reason)
	}
}

// backlog is what waits on this machine, in bytes.
type backlog struct{ kernel, queue int }

// line is what the network shows of the current connection.
func (o *output) line() (sent int64, waiting backlog, live bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.pub == nil {
		return 0, backlog{}, false
	}
	s := o.pub.Stats()
	return int64(s.Sent), backlog{kernel: max(0, s.Kernel), queue: s.QueueBytes}, true
}
