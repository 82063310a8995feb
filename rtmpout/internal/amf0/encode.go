package amf0

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Append encodes values one after the other. It panics for a type that the
// package does not list, and for a property name longer than 65535 bytes: both
// are mistakes of the caller.
func Append(b []byte, values ...any) []byte {
	for _, v := range values {
		b = appendValue(b, v)
	}
	return b
}

func appendValue(b []byte, v any) []byte {
	switch v := v.(type) {
	case nil:
		return append(b, markNull)
	case Undefined:
		return append(b, markUndefined)
	case float64:
		return appendNumber(b, v)
	case int:
		return appendNumber(b, float64(v))
	case uint32:
		return appendNumber(b, float64(v))
	case bool:
		if v {
			return append(b, markBoolean, 1)
		}
		return append(b, markBoolean, 0)
	case string:
		if len(v) > math.MaxUint16 {
			b = append(b, markLongString)
			b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
			return append(b, v...)
		}
		b = append(b, markString)
		return appendName(b, v)
	case Object:
		return appendProperties(append(b, markObject), v)
	case ECMAArray:
		b = append(b, markECMAArray)
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		return appendProperties(b, v)
	case StrictArray:
		b = append(b, markStrictArray)
		b = binary.BigEndian.AppendUint32(b, uint32(len(v)))
		return Append(b, v...)
	}
	panic(fmt.Sprintf("amf0: cannot encode %T", v))
}

func appendNumber(b []byte, f float64) []byte {
	return binary.BigEndian.AppendUint64(append(b, markNumber), math.Float64bits(f))
}

func appendName(b []byte, s string) []byte {
	if len(s) > math.MaxUint16 {
		panic("amf0: name longer than 65535 bytes")
	}
	b = binary.BigEndian.AppendUint16(b, uint16(len(s)))
	return append(b, s...)
}

func appendProperties(b []byte, props []Property) []byte {
	for _, p := range props {
		b = appendName(b, p.Name)
		b = appendValue(b, p.Value)
	}
	return append(b, 0, 0, markObjectEnd)
}
