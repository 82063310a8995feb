package apptest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"testing"
)

// FreeAddr is an address on this machine on which nobody listens: for a server
// to be started, or to be refused at. Its port is none that the system gives to those
// that ask for any, so that no other test has it before it is used.
func FreeAddr(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(22000)))
		if err == nil {
			defer l.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
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
