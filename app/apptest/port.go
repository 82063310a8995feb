package apptest

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"tally/rtmpout/rtmptest"
)

// FreeAddr is rtmptest.FreeAddress, for a test.
func FreeAddr(t testing.TB) string {
	t.Helper()
	address, err := rtmptest.FreeAddress()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// listening reports whether somebody listens at addr, without connecting: some
// servers take one connection only. Where the kernel does not tell, it connects.
func listening(addr string) bool {
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	}
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return false
	}
	const listen = "0A" // TCP_LISTEN
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) > 3 && f[3] == listen && strings.HasSuffix(f[1], fmt.Sprintf(":%04X", tcp.Port)) {
			return true
		}
	}
	return false
}
