package machine

import (
	"slices"
	"strings"
	"time"
)

const (
	// slowedFor is how long after a sign of throttling the machine counts as
	// throttled: a hot processor switches many times a second.
	slowedFor = 10 * time.Second
	// nearlyOff is how many degrees below the temperature at which the machine
	// switches itself off it counts as hot.
	nearlyOff = 7
)

// sensors are the drivers whose temperatures are those of a processor.
var sensors = []string{"coretemp", "k10temp", "zenpower", "cpu_thermal", "soc_thermal", "macsmc_hwmon", "scpi_sensors"}

// heat reads the processor's temperature, and whether it has slowed itself down.
func (r *Reader) heat(s *Status, now time.Time) {
	r.temperature(s)
	count, slowed := r.throttling()
	if r.counted && count > r.throttles || slowed {
		r.slowedAt = now
	}
	r.throttles, r.counted = count, true
	s.Throttled = !r.slowedAt.IsZero() && now.Sub(r.slowedAt) < slowedFor
}

// temperature takes the hottest of a processor's sensors, or the zone that stands
// for it.
func (r *Reader) temperature(s *Status) {
	hottest, critical := 0, 0 // thousandths of a degree
	note := func(milli, crit int) {
		if milli > hottest {
			hottest, critical = milli, crit
		}
	}
	for _, p := range r.entries("sys/class/hwmon") {
		if !slices.Contains(sensors, r.text(p+"/name")) {
			continue
		}
		for _, file := range r.entries(p) {
			if name, ok := strings.CutSuffix(file, "_input"); ok && strings.HasPrefix(file, p+"/temp") {
				milli, _ := r.number(file)
				crit, _ := r.number(name + "_crit")
				note(milli, crit)
			}
		}
	}
	if hottest == 0 {
		for _, p := range r.entries("sys/class/thermal") {
			kind := r.text(p + "/type")
			if kind == "x86_pkg_temp" || strings.Contains(kind, "cpu") && strings.Contains(p, "thermal_zone") {
				milli, _ := r.number(p + "/temp")
				note(milli, r.criticalOf(p))
			}
		}
	}
	s.TemperatureC = hottest / 1000
	s.Hot = critical > 0 && hottest >= critical-nearlyOff*1000
}

// criticalOf is where a thermal zone switches the machine off; 0: it does not say.
func (r *Reader) criticalOf(zone string) int {
	for _, file := range r.entries(zone) {
		if trip, ok := strings.CutSuffix(file, "_type"); ok && r.text(file) == "critical" {
			milli, _ := r.number(trip + "_temp")
			return milli
		}
	}
	return 0
}

// throttling counts how often Intel's processors have slowed themselves down, and
// tells whether the kernel slows one down now, as it does on others.
func (r *Reader) throttling() (count int, slowed bool) {
	for _, p := range r.entries("sys/devices/system/cpu") {
		for _, of := range []string{"core", "package"} {
			n, _ := r.number(p + "/thermal_throttle/" + of + "_throttle_count")
			count += n
		}
	}
	for _, p := range r.entries("sys/class/thermal") {
		if !strings.Contains(p, "cooling_device") {
			continue
		}
		kind := r.text(p + "/type")
		if kind == "Processor" || kind == "intel_powerclamp" || strings.Contains(kind, "cpu") {
			state, _ := r.number(p + "/cur_state")
			slowed = slowed || state > 0
		}
	}
	return count, slowed
}
