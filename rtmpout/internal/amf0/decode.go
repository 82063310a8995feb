package amf0

import (
	"encoding/binary"
	"errors"
	"math"
)

// Limits on what one message may make us build. A command is rarely more than
// thirty values.
const (
	maxDepth = 16
	maxNodes = 4096
)

// Errors of [Decode].
var (
	ErrTruncated = errors.New("amf0: value ends early")
	ErrDepth     = errors.New("amf0: nested deeper than 16")
	ErrNodes     = errors.New("amf0: more than 4096 values")
	ErrMarker    = errors.New("amf0: unknown type marker")
	ErrAMF3      = errors.New("amf0: switches to AMF3")
)

// Decode reads all values of a message. On an error it also returns the whole
// values that precede it, as servers leave arguments unfinished and the first
// ones tell enough. An object or array whose end is missing counts as whole.
func Decode(b []byte) ([]any, error) {
	d := decoder{rest: b}
	var values []any
	for len(d.rest) > 0 {
		v, err := d.value(0)
		if err != nil {
			return values, err
		}
		values = append(values, v)
	}
	return values, nil
}

type decoder struct {
	rest  []byte
	nodes int
}

func (d *decoder) take(n int) ([]byte, error) {
	if n > len(d.rest) {
		return nil, ErrTruncated
	}
	b := d.rest[:n]
	d.rest = d.rest[n:]
	return b, nil
}

func (d *decoder) uint16() (int, error) {
	b, err := d.take(2)
	if err != nil {
		return 0, err
	}
	return int(binary.BigEndian.Uint16(b)), nil
}

func (d *decoder) uint32() (uint32, error) {
	b, err := d.take(4)
	if err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

func (d *decoder) number() (float64, error) {
	b, err := d.take(8)
	if err != nil {
		return 0, err
	}
	return math.Float64frombits(binary.BigEndian.Uint64(b)), nil
}

func (d *decoder) shortString() (string, error) {
	n, err := d.uint16()
	if err != nil {
		return "", err
	}
	b, err := d.take(n)
	return string(b), err
}

func (d *decoder) longString() (string, error) {
	n, err := d.uint32()
	if err != nil {
		return "", err
	}
	if uint64(n) > uint64(len(d.rest)) {
		return "", ErrTruncated
	}
	b, err := d.take(int(n))
	return string(b), err
}

func (d *decoder) value(depth int) (any, error) {
	if depth > maxDepth {
		return nil, ErrDepth
	}
	if d.nodes++; d.nodes > maxNodes {
		return nil, ErrNodes
	}
	marker, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch marker[0] {
	case markNumber:
		return d.number()
	case markBoolean:
		b, err := d.take(1)
		if err != nil {
			return nil, err
		}
		return b[0] != 0, nil
	case markString:
		return d.shortString()
	case markObject:
		props, err := d.properties(depth)
		return Object(props), err
	case markNull:
		return nil, nil
	case markUndefined, markUnsupported, markMovieClip, markRecordSet:
		return Undefined{}, nil
	case markReference:
		_, err := d.take(2)
		return Undefined{}, err
	case markECMAArray:
		// The count is only a hint: some servers write 0 (section 2.10).
		if _, err := d.uint32(); err != nil {
			return nil, err
		}
		props, err := d.properties(depth)
		return ECMAArray(props), err
	case markStrictArray:
		return d.strictArray(depth)
	case markDate:
		ms, err := d.number()
		if err != nil {
			return nil, err
		}
		_, err = d.take(2) // time zone, always 0
		return ms, err
	case markLongString, markXML:
		return d.longString()
	case markTypedObject:
		if _, err := d.shortString(); err != nil {
			return nil, err
		}
		props, err := d.properties(depth)
		return Object(props), err
	case markAVMPlus:
		return nil, ErrAMF3
	}
	return nil, ErrMarker
}

func (d *decoder) properties(depth int) ([]Property, error) {
	var props []Property
	for {
		if len(d.rest) == 0 {
			return props, nil // the end marker is missing, which some servers do
		}
		name, err := d.shortString()
		if err != nil {
			return nil, err
		}
		if len(d.rest) > 0 && d.rest[0] == markObjectEnd {
			d.rest = d.rest[1:]
			return props, nil
		}
		if len(d.rest) == 0 && name == "" {
			return props, nil
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		props = append(props, Property{name, v})
	}
}

func (d *decoder) strictArray(depth int) (any, error) {
	n, err := d.uint32()
	if err != nil {
		return nil, err
	}
	if uint64(n) > uint64(len(d.rest)) { // each value takes a byte at least
		return nil, ErrTruncated
	}
	var list StrictArray
	for range n {
		v, err := d.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}
