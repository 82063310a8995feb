// Package amf0 reads and writes Action Message Format 0, the encoding of every
// RTMP command and data message (amf0-file-format-specification.pdf).
//
// Values are plain Go: float64 (any integer type when writing), bool, string,
// nil, [Undefined], [Object], [ECMAArray] and [StrictArray]. Dates decode to
// float64 (milliseconds of the Unix epoch), XML documents to string, typed
// objects to Object; references and values nobody can use decode to Undefined.
package amf0

// Type markers, section 2.1.
const (
	markNumber      = 0x00
	markBoolean     = 0x01
	markString      = 0x02
	markObject      = 0x03
	markMovieClip   = 0x04
	markNull        = 0x05
	markUndefined   = 0x06
	markReference   = 0x07
	markECMAArray   = 0x08
	markObjectEnd   = 0x09
	markStrictArray = 0x0a
	markDate        = 0x0b
	markLongString  = 0x0c
	markUnsupported = 0x0d
	markRecordSet   = 0x0e
	markXML         = 0x0f
	markTypedObject = 0x10
	markAVMPlus     = 0x11
)

// Undefined is the value of marker 0x06.
type Undefined struct{}

// Property is one named value of an [Object] or an [ECMAArray].
type Property struct {
	Name  string
	Value any
}

// Object is an anonymous object. Its order is the order on the wire.
type Object []Property

// ECMAArray is an associative array: an object with a count in front.
type ECMAArray []Property

// StrictArray is a plain list.
type StrictArray []any

// Get returns the first property of that name, or nil.
func (o Object) Get(name string) any { return get(o, name) }

// Get returns the first property of that name, or nil.
func (a ECMAArray) Get(name string) any { return get(a, name) }

func get(props []Property, name string) any {
	for i := range props {
		if props[i].Name == name {
			return props[i].Value
		}
	}
	return nil
}

// Properties returns the properties of an Object or an ECMAArray, as servers use
// one for the other; nil for any other value.
func Properties(v any) Object {
	switch v := v.(type) {
	case Object:
		return v
	case ECMAArray:
		return Object(v)
	}
	return nil
}
