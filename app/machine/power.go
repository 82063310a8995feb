package machine

// power reads the supplies that Linux lists: batteries, chargers and sockets.
// Several batteries count as one. Those of mice and headsets are not this
// computer's.
func (r *Reader) power(s *Status) {
	var now, full, rate int // of energy, in µWh and µW, or of charge, in µAh and µA
	var percents, batteries int
	plugged, emptying, known := false, false, false
	for _, p := range r.entries("sys/class/power_supply") {
		if r.text(p+"/scope") == "Device" {
			continue
		}
		switch r.text(p + "/type") {
		case "Battery":
			percent, ok := r.number(p + "/capacity")
			if present, said := r.number(p + "/present"); said && present == 0 || !ok {
				continue
			}
			batteries++
			percents += percent
			emptying = emptying || r.text(p+"/status") == "Discharging"
			n, f, w := r.cells(p)
			now, full, rate = now+n, full+f, rate+w
		case "Mains", "USB", "Wireless":
			on, ok := r.number(p + "/online")
			known = known || ok
			plugged = plugged || on > 0
		}
	}
	if batteries == 0 {
		return
	}
	s.Battery, s.BatteryPercent = true, min(max(percents/batteries, 0), 100)
	if batteries > 1 && full > 0 {
		s.BatteryPercent = min(100*now/full, 100)
	}
	s.OnMains = !emptying
	if known && !emptying { // full, or held at a level: the charger tells
		s.OnMains = plugged
	}
	if s.Running() && rate > 0 {
		s.BatteryMinutes = 60 * now / rate
	}
}

// cells is what a battery holds, could hold, and loses. Drivers count either
// energy or charge, and give the rate with or without its sign.
func (r *Reader) cells(p string) (now, full, rate int) {
	for _, unit := range [][2]string{{"energy", "power"}, {"charge", "current"}} {
		n, ok := r.number(p + "/" + unit[0] + "_now")
		if !ok {
			continue
		}
		full, _ = r.number(p + "/" + unit[0] + "_full")
		rate, _ = r.number(p + "/" + unit[1] + "_now")
		return n, full, max(rate, -rate)
	}
	return 0, 0, 0
}
