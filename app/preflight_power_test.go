package app

import (
	"testing"
	"testing/fstest"
)

func TestReadPower(t *testing.T) {
	supply := func(files fstest.MapFS, name string, values ...string) fstest.MapFS {
		for i := 0; i < len(values); i += 2 {
			files["sys/class/power_supply/"+name+"/"+values[i]] = &fstest.MapFile{Data: []byte(values[i+1] + "\n")}
		}
		return files
	}
	laptop := func(status string) fstest.MapFS {
		return supply(fstest.MapFS{}, "BAT0", "type", "Battery", "capacity", "22", "status", status)
	}
	for _, c := range []struct {
		name  string
		files fstest.MapFS
		want  power
	}{
		{"a desktop", fstest.MapFS{}, power{mains: true, percent: 100}},
		{"on its battery", laptop("Discharging"), power{battery: true, percent: 22}},
		{"plugged in", supply(laptop("Charging"), "AC", "type", "Mains", "online", "1"), power{battery: true, mains: true, percent: 22}},
		{"a mouse", supply(fstest.MapFS{}, "hid", "type", "Battery", "scope", "Device", "capacity", "5", "status", "Discharging"), power{mains: true, percent: 100}},
	} {
		if got := readPower(c.files); got != c.want {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
