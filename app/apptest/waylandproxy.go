package apptest

import (
	"bytes"
	"encoding/binary"
	"net"
	"syscall"
	"testing"
)

// The portal's wlroots part (0.7) starts only where the compositor offers memory of a
// graphics card for pictures of the screen, even if shared memory is what it uses in
// the end. A compositor without a card does not offer that; so this stands between
// the two and adds the offer.

// proxy lets programs reach a compositor as if it had a graphics card.
func proxy(t testing.TB, path, compositor string) {
	t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			client, err := l.AcceptUnix()
			if err != nil {
				return
			}
			server, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: compositor, Net: "unix"})
			if err != nil {
				client.Close()
				continue
			}
			go forward(client, server, func(message []byte) []byte { return message })
			go forward(server, client, offer)
		}
	}()
}

// screencopy is the protocol for pictures of the screen, with room up to a multiple
// of 4 bytes, as names have it on the wire. Below version 3 the order of its events
// is fixed: that of the picture in shared memory is the last.
var screencopy = []byte("zwlr_screencopy_manager_v1\x00\x00")

const (
	linuxDMABUF = 5 // the number of the event that offers a card's memory
	xrgb        = 'X' | 'R'<<8 | '2'<<16 | '4'<<24
)

// offer is what a message from the compositor becomes.
func offer(message []byte) []byte {
	at := binary.NativeEndian
	if i := bytes.Index(message, screencopy); i >= 0 && len(message) >= i+len(screencopy)+4 {
		at.PutUint32(message[i+len(screencopy):], 2) // the version
		return message
	}
	// frame.buffer: object, size and number, format, width, height, bytes in a row.
	if len(message) != 24 || at.Uint32(message[4:]) != 24<<16 || at.Uint32(message[20:]) != 4*at.Uint32(message[12:]) {
		return message
	}
	event := append([]byte(nil), message[:20]...)
	at.PutUint32(event[4:], 20<<16|linuxDMABUF)
	at.PutUint32(event[8:], xrgb)
	return append(event, message...)
}

// forward passes on messages, and the files that travel with them.
func forward(from, to *net.UnixConn, change func(message []byte) []byte) {
	defer from.Close()
	defer to.Close()
	data, control := make([]byte, 1<<16), make([]byte, 1<<12)
	held := 0 // bytes of a message that is not whole yet
	for {
		n, files, _, _, err := from.ReadMsgUnix(data[held:], control)
		if err != nil || n == 0 {
			return
		}
		rest := data[:held+n]
		var out []byte
		for len(rest) >= 8 {
			size := int(binary.NativeEndian.Uint32(rest[4:]) >> 16)
			if size < 8 {
				return
			}
			if len(rest) < size {
				break
			}
			out = append(out, change(rest[:size:size])...)
			rest = rest[size:]
		}
		sent := 0
		if len(out) > 0 || files > 0 {
			if len(out) == 0 {
				return // files ahead of their message: never seen
			}
			sent, _, err = to.WriteMsgUnix(out, control[:files], nil)
			closeFiles(control[:files])
		}
		if err == nil && sent < len(out) {
			_, err = to.Write(out[sent:])
		}
		if err != nil {
			return
		}
		held = copy(data, rest)
	}
}

func closeFiles(control []byte) {
	messages, _ := syscall.ParseSocketControlMessage(control)
	for _, m := range messages {
		files, _ := syscall.ParseUnixRights(&m)
		for _, f := range files {
			syscall.Close(f)
		}
	}
}
