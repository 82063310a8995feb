package amf0

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	values := []any{
		"connect", 1.0, nil, true, false,
		Undefined{},
		strings.Repeat("long", 20000),
		Object{{"a", 1.5}, {"b", ECMAArray{{"c", "d"}}}},
		StrictArray{"x", 2.0, Object{}},
	}
	got, err := Decode(Append(nil, values...))
	if err != nil {
		t.Fatal(err)
	}
	values[7].(Object)[1].Value = ECMAArray{{"c", "d"}}
	want := values
	want[8] = StrictArray{"x", 2.0, Object(nil)}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestEveryMarker(t *testing.T) {
	for _, c := range []struct {
		in   string
		want any
	}{
		{"\x04", Undefined{}},
		{"\x07\x00\x01", Undefined{}},
		{"\x0b\x3f\xf0\x00\x00\x00\x00\x00\x00\x00\x00", 1.0},
		{"\x0d", Undefined{}},
		{"\x0e", Undefined{}},
		{"\x0f\x00\x00\x00\x01x", "x"},
		{"\x10\x00\x01T\x00\x01a\x05\x00\x00\x09", Object{{"a", nil}}},
	} {
		got, err := Decode([]byte(c.in))
		if err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], c.want) {
			t.Errorf("%x: %v %v", c.in, got, err)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"depth of objects":   {bytes.Repeat([]byte("\x03\x00\x01a"), 100000), ErrDepth},
		"depth of arrays":    {bytes.Repeat([]byte("\x0a\x00\x00\x00\x01"), 100000), ErrDepth},
		"values":             {bytes.Repeat([]byte{5}, 100000), ErrNodes},
		"long array":         {[]byte("\x0a\xff\xff\xff\xff"), ErrTruncated},
		"long string":        {[]byte("\x0c\xff\xff\xff\xff"), ErrTruncated},
		"AMF3":               {[]byte("\x11"), ErrAMF3},
		"no such marker":     {[]byte("\x12"), ErrMarker},
		"end of a number":    {[]byte("\x00\x01"), ErrTruncated},
		"end inside a name":  {[]byte("\x03\x00\x05ab"), ErrTruncated},
		"end inside a value": {[]byte("\x03\x00\x01a\x00"), ErrTruncated},
	} {
		if _, err := Decode(c.in); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if got, err := Decode([]byte("\x02\x00\x01x\x00")); err == nil || len(got) != 1 {
		t.Errorf("whole values before an error: %v %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Append(nil, "_result", 1, nil, Object{{"code", "x"}, {"list", StrictArray{1, 2}}}, ECMAArray{{"a", true}}))
	f.Add([]byte("\x10\x00\x01T\x00\x01a\x05\x00\x00\x09\x0b\x3f\xf0\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00\x01"))
	f.Add(bytes.Repeat([]byte("\x03\x00\x01a"), 20))
	f.Fuzz(func(t *testing.T, b []byte) {
		values, _ := Decode(b)
		again, err := Decode(Append(nil, values...))
		if err != nil {
			t.Fatalf("what was decoded cannot be: %v", err)
		}
		if len(again) != len(values) {
			t.Fatalf("%d values became %d", len(values), len(again))
		}
	})
}
