package uplink

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"strings"
)

// Network names the network that this machine is in, by its router: the same name
// each time that it comes back, and nothing that could be read out of it. It is
// empty without one.
func Network() string {
	via, device := gateway()
	if device == "" {
		return ""
	}
	name := device + " " + via
	if mac := neighbour(via, device); mac != "" { // many routers have the same address
		name = mac
	}
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// gateway is the router of the default route with the least metric, in the
// kernel's own spelling, and the device to it.
func gateway() (via, device string) {
	least := ""
	rows("/proc/net/route", func(f []string) {
		if len(f) > 7 && f[1] == "00000000" && f[7] == "00000000" && (least == "" || less(f[6], least)) {
			device, via, least = f[0], f[2], f[6]
		}
	})
	return via, device
}

// less tells whether a number is less than another, as texts.
func less(a, b string) bool { return len(a) < len(b) || len(a) == len(b) && a < b }

// neighbour is the hardware address of a machine next to this one.
func neighbour(via, device string) (mac string) {
	rows("/proc/net/arp", func(f []string) {
		if len(f) > 5 && f[5] == device && spelled(f[0]) == via && f[3] != "00:00:00:00:00:00" {
			mac = f[3]
		}
	})
	return mac
}

// spelled is an IPv4 address as the kernel's routes spell it: hexadecimal, the last
// byte first.
func spelled(dotted string) string {
	var out string
	for part := range strings.SplitSeq(dotted, ".") {
		n := 0
		for _, c := range part {
			n = n*10 + int(c-'0')
		}
		out = strings.ToUpper(hex.EncodeToString([]byte{byte(n)})) + out
	}
	return out
}

// rows calls fn with the fields of each line of a table but the first.
func rows(path string, fn func([]string)) {
	file, err := os.Open(path)
	if err != nil {
		return
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for head := true; lines.Scan(); head = false {
		if !head {
			fn(strings.Fields(lines.Text()))
		}
	}
}
