package replay

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"tally/encoder"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// at is a packet of 1000 bytes in a buffer of 1024, with a key frame each second.
func at(n int) *encoder.Packet {
	p := &encoder.Packet{PTS: time.Duration(n) * 100 * time.Millisecond, Key: n%10 == 0, Data: make([]byte, 1000, 1024)}
	return p.Retain()
}

func TestKeepsTheLastSeconds(t *testing.T) {
	b := New(3*time.Second, 1<<20, true)
	var sent []*encoder.Packet
	for n := range 100 {
		p := at(n)
		sent = append(sent, p)
		b.Write(p)
		p.Release()
	}
	all := b.Packets()
	if !all[0].Key || all[len(all)-1] != sent[99] {
		t.Errorf("begins with a key frame: %t, ends with the newest: %t", all[0].Key, all[len(all)-1] == sent[99])
	}
	span, bytes := b.Holds()
	if span < 3*time.Second || span > 4100*time.Millisecond || bytes != 1024*len(all) {
		t.Errorf("holds %v in %d bytes, %d packets", span, bytes, len(all))
	}
	for _, p := range all {
		p.Release()
	}
	b.Forget()
	if span, bytes := b.Holds(); span != 0 || bytes != 0 {
		t.Errorf("an empty buffer holds %v, %d bytes", span, bytes)
	}
	for n, p := range sent { // nobody has a reference any more: one too many panics
		func() {
			defer func() { recover() }()
			p.Release()
			t.Errorf("packet %d is still held", n)
		}()
	}
}

func TestMemoryIsBounded(t *testing.T) {
	b := New(time.Hour, 64*1024, true)
	for n := range 1000 {
		p := at(n)
		b.Write(p)
		p.Release()
		if _, bytes := b.Holds(); bytes > 64*1024 {
			t.Fatalf("%d bytes after packet %d", bytes, n)
		}
	}
	if all := b.Packets(); len(all) < 40 || !all[0].Key {
		t.Errorf("%d packets", len(all))
	}
	// A show without another key frame may not fill the memory either.
	for n := range 1000 {
		p := at(10*n + 1)
		b.Write(p)
		if _, bytes := b.Holds(); bytes > 64*1024 {
			t.Fatalf("%d bytes without key frames", bytes)
		}
	}
}
