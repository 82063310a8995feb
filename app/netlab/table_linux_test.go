package netlab

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"tally/app/linksim"
)

// BenchmarkNetwork plays every script once, and writes the table when it is told
// where to.
func BenchmarkNetwork(b *testing.B) {
	f := film(b)
	var text strings.Builder
	text.WriteString(head)
	for i := range linksim.Scripts {
		s := &linksim.Scripts[i]
		fmt.Fprintf(&text, "| **%s**: %s | | | | | | | |\n", s.Name, s.Story)
		b.Run(s.Name, func(b *testing.B) {
			for b.Loop() {
				lane := 1
				for _, group := range senders() {
					results := playAll(b, s, f, group, lane)
					lane += len(group)
					for i, r := range results {
						text.WriteString(r.row(group[i].name))
						b.Logf("%s: %s: %+v", s.Name, group[i].name, r)
					}
				}
			}
		})
	}
	text.WriteString(foot)
	if *table == "" || b.Failed() {
		return
	}
	if err := os.WriteFile(*table, []byte(text.String()), 0o644); err != nil {
		b.Fatal(err)
	}
}

func (r *result) row(name string) string {
	lamp := "–"
	switch {
	case r.lamp >= 0:
		lamp = seconds(r.lamp)
	case !r.tells && r.longest > dark:
		lamp = "never"
	}
	return fmt.Sprintf("| %s | %s | %s | %.0f | %.0f %% | %.1f %% | %s | %s |\n", name, seconds(r.offAir), seconds(r.worst), r.kbps, 100*r.share, 100*r.missing, lamp, r.notes)
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }

const head = `# On bad lines

Written by ` + "`make bench-network`" + `. Every script is played at the same time for each sender, each on a line of its own: network
namespaces, a router with a token bucket (tbf) that is as narrow as the script says, nginx with its RTMP module at the far end,
real sockets. All send the same noisy film, 640×360 at 30 pictures a second, x264 ultrafast at 2500 kbit/s and 160 kbit/s of AAC.
ffmpeg uses its fifo muxer, which drops what does not fit and connects again by itself
(` + "`-drop_pkts_on_overflow 1 -attempt_recovery 1 -recover_any_error 1 -recovery_wait_time 1`" + `); without it, it ends with the first lost connection.
OBS is Debian's, as it is out of the box, in a run of its own on the same lines; with "Dynamically change bitrate", which is off
there, in another. Its lamp is when it says that it is not connected.

- *Off air*: pauses of more than half a second between two pictures at the server, added up.
- *Worst delay*: how much later than on the fair line of the beginning a picture came. The time in it in which the line let
  nothing pass at all does not count: nobody can send then.
- *Bitrate*, *of capacity*: pictures that came, and their share of what the line could have carried of what was asked for.
- *Missing*: pictures that never came, those included that were not made at half the pace or on a machine that was busy.
- *Lamp*: longest time from the last picture until the lamp no longer said LIVE, in pauses of over two seconds; – means that there were none.

| | off air | worst delay | kbit/s | of capacity | missing | lamp | |
|---|---:|---:|---:|---:|---:|---:|---|
`

const foot = `
The kernel has no netem here, so distance and jitter are those of the machine: next to none. The same scripts with them, and a thousand
random ones, are played in simulated time by the tests in this folder.

After a hand-over the server holds the old connection's name until it has missed it for ten seconds (nginx's drop_idle_publisher here):
nobody can be back sooner there. Where the server lets a second connection take over, it is the next attempt.
`
