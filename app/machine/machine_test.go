package machine

import (
	"fmt"
	"os"
	"runtime"
	"testing"
	"testing/fstest"
	"time"
)

// laptop is a folder of files as Linux has them.
func laptop(files map[string]string) fstest.MapFS {
	m := fstest.MapFS{}
	for path, text := range files {
		m[path] = &fstest.MapFile{Data: []byte(text + "\n")}
	}
	return m
}

func TestPower(t *testing.T) {
	battery := func(status, percent string) map[string]string {
		return map[string]string{
			"sys/class/power_supply/BAT0/type": "Battery", "sys/class/power_supply/BAT0/status": status,
			"sys/class/power_supply/BAT0/capacity": percent, "sys/class/power_supply/BAT0/present": "1",
			"sys/class/power_supply/BAT0/energy_now": "6000000", "sys/class/power_supply/BAT0/energy_full": "50000000",
			"sys/class/power_supply/BAT0/power_now": "18000000",
		}
	}
	with := func(files map[string]string, more ...string) map[string]string {
		for i := 0; i < len(more); i += 2 {
			files["sys/class/power_supply/"+more[i]] = more[i+1]
		}
		return files
	}
	for name, c := range map[string]struct {
		files map[string]string
		want  Status
	}{
		"a desktop computer, or a container": {nil, Status{BatteryPercent: -1, OnMains: true}},
		"running down":                       {battery("Discharging", "12"), Status{Battery: true, BatteryPercent: 12, BatteryMinutes: 20}},
		"at the charger":                     {with(battery("Charging", "40"), "AC/type", "Mains", "AC/online", "1"), Status{Battery: true, BatteryPercent: 40, OnMains: true}},
		"full, held by the charger":          {with(battery("Not charging", "80"), "AC/type", "Mains", "AC/online", "1"), Status{Battery: true, BatteryPercent: 80, OnMains: true}},
		"full, just unplugged":               {with(battery("Full", "100"), "AC/type", "Mains", "AC/online", "0"), Status{Battery: true, BatteryPercent: 100, BatteryMinutes: 20}},
		"a charger that is too weak":         {with(battery("Discharging", "9"), "AC/type", "Mains", "AC/online", "1"), Status{Battery: true, BatteryPercent: 9, BatteryMinutes: 20}},
		"charge instead of energy, signed": {map[string]string{
			"sys/class/power_supply/B/type": "Battery", "sys/class/power_supply/B/status": "Discharging", "sys/class/power_supply/B/capacity": "50",
			"sys/class/power_supply/B/charge_now": "2000000", "sys/class/power_supply/B/charge_full": "4000000", "sys/class/power_supply/B/current_now": "-1000000",
		}, Status{Battery: true, BatteryPercent: 50, BatteryMinutes: 120}},
		"two batteries": {with(battery("Discharging", "12"), "BAT1/type", "Battery", "BAT1/capacity", "100", "BAT1/status", "Full",
			"BAT1/energy_now", "25000000", "BAT1/energy_full", "25000000", "BAT1/power_now", "0"), Status{Battery: true, BatteryPercent: 41, BatteryMinutes: 103}},
		"a mouse's battery":        {with(map[string]string{}, "hid/type", "Battery", "hid/scope", "Device", "hid/capacity", "5", "hid/status", "Discharging"), Status{BatteryPercent: -1, OnMains: true}},
		"an empty bay":             {with(battery("Discharging", "12"), "BAT0/present", "0"), Status{BatteryPercent: -1, OnMains: true}},
		"a driver out of its mind": {with(battery("Discharging", "nonsense")), Status{BatteryPercent: -1, OnMains: true}},
	} {
		if got := NewReader(laptop(c.files)).Read(time.Now()); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestProcessors(t *testing.T) {
	files := laptop(nil)
	set := func(busy, idle, own int) {
		files["proc/stat"] = &fstest.MapFile{Data: fmt.Appendf(nil, "cpu  %d 0 0 %d 0 0 0 0 7 7\ncpu0 1 2 3\n", busy, idle)}
		files["proc/self/stat"] = &fstest.MapFile{Data: fmt.Appendf(nil, "42 (a (strange) name) S 1 1 1 0 -1 4 0 0 0 0 %d %d 0 0 20\n", own-own/2, own/2)}
	}
	r := NewReader(files)
	set(1000, 9000, 100)
	if got := r.Read(time.Now()); got.CPUPercent != 0 {
		t.Errorf("the first look knows already: %+v", got)
	}
	set(1300, 9100, 200) // of 400 ticks 300 were busy, 100 of them Tally's
	if got := r.Read(time.Now()); got.CPUPercent != 75 || got.TallyPercent != 25 {
		t.Errorf("got %+v, want 75 and 25", got)
	}
	files["proc/stat"] = &fstest.MapFile{Data: []byte("cpu x")}
	if got := r.Read(time.Now()); got.CPUPercent != 0 {
		t.Errorf("nonsense was understood: %+v", got)
	}
}

func TestHeat(t *testing.T) {
	now := time.Unix(1000, 0)
	files := laptop(map[string]string{
		"sys/class/hwmon/hwmon0/name": "nvme", "sys/class/hwmon/hwmon0/temp1_input": "99000",
		"sys/class/hwmon/hwmon1/name": "coretemp", "sys/class/hwmon/hwmon1/temp1_input": "71000", "sys/class/hwmon/hwmon1/temp1_crit": "100000",
		"sys/class/hwmon/hwmon1/temp2_input":                               "74500",
		"sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count": "0",
		"sys/class/thermal/cooling_device0/type":                           "Processor", "sys/class/thermal/cooling_device0/cur_state": "0",
		"sys/class/thermal/cooling_device1/type": "Fan", "sys/class/thermal/cooling_device1/cur_state": "3",
	})
	set := func(path, text string) { files[path] = &fstest.MapFile{Data: []byte(text)} }
	r := NewReader(files)
	if got := r.Read(now); got.TemperatureC != 74 || got.Hot || got.Throttled {
		t.Errorf("warm: %+v", got)
	}
	set("sys/devices/system/cpu/cpu0/thermal_throttle/core_throttle_count", "12")
	set("sys/class/hwmon/hwmon1/temp1_input", "96000")
	if got := r.Read(now.Add(3 * time.Second)); !got.Throttled || !got.Hot || got.TemperatureC != 96 {
		t.Errorf("throttled: %+v", got)
	}
	if got := r.Read(now.Add(9 * time.Second)); !got.Throttled {
		t.Errorf("six seconds later: %+v", got)
	}
	if got := r.Read(now.Add(14 * time.Second)); got.Throttled {
		t.Errorf("eleven seconds later: %+v", got)
	}
	set("sys/class/thermal/cooling_device0/cur_state", "2")
	if got := r.Read(now.Add(20 * time.Second)); !got.Throttled {
		t.Errorf("slowed by the kernel: %+v", got)
	}

	zone := laptop(map[string]string{
		"sys/class/thermal/thermal_zone0/type": "cpu-thermal", "sys/class/thermal/thermal_zone0/temp": "81000",
		"sys/class/thermal/thermal_zone0/trip_point_0_type": "passive", "sys/class/thermal/thermal_zone0/trip_point_0_temp": "75000",
		"sys/class/thermal/thermal_zone0/trip_point_1_type": "critical", "sys/class/thermal/thermal_zone0/trip_point_1_temp": "85000",
	})
	if got := NewReader(zone).Read(now); got.TemperatureC != 81 || !got.Hot {
		t.Errorf("a thermal zone: %+v", got)
	}
}

// TestThisMachine reads the real files: a second of work is seen.
func TestThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		return // where nothing is known
	}
	r := NewReader(os.DirFS("/"))
	r.Read(time.Now())
	for end := time.Now().Add(500 * time.Millisecond); time.Now().Before(end); {
	}
	got := r.Read(time.Now())
	if got.CPUPercent <= 0 || got.TallyPercent <= 0 || got.TallyPercent > got.CPUPercent+2 {
		t.Errorf("after half a second of work: %+v", got)
	}
}

func BenchmarkRead(b *testing.B) {
	r := NewReader(os.DirFS("/"))
	for b.Loop() {
		r.Read(time.Now())
	}
}
