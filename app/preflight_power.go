package app

import (
	"io/fs"
	"strconv"
	"strings"
)

// readPower looks at the supplies that Linux lists under its root: batteries,
// chargers and sockets. Elsewhere nothing is known, which counts as no battery.
func readPower(root fs.FS) power {
	p := power{mains: true, percent: 100}
	text := func(path string) string {
		b, _ := fs.ReadFile(root, path) // what is not there says nothing
		return strings.TrimSpace(string(b))
	}
	supplies, _ := fs.Glob(root, "sys/class/power_supply/*")
	for _, s := range supplies {
		percent, err := strconv.Atoi(text(s + "/capacity"))
		if text(s+"/type") != "Battery" || text(s+"/scope") == "Device" || err != nil { // a mouse has one, too
			continue
		}
		p.battery, p.percent = true, min(p.percent, percent)
		if text(s+"/status") == "Discharging" {
			p.mains = false
		}
	}
	return p
}
