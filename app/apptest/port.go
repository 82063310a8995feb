package apptest

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// FreeAddr is an address on this machine on which nobody listens: for a server
// to be started, or to be refused at.
func FreeAddr(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
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
