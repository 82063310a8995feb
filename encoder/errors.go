package encoder

import (
	"errors"
	"fmt"
	"strings"
)

// What can go wrong, for errors.Is. The cause below is libav's.
var ErrClosed = errors.New("encoder is closed")

// UnknownEncoderError says that an encoder was asked for that this machine does
// not have.
type UnknownEncoderError struct {
	Name  string
	Codec Codec    // for which it was asked for
	Have  []string // what can be asked for instead
}

func (e *UnknownEncoderError) Error() string {
	return fmt.Sprintf("encoder: no encoder %q for %v on this machine; there is %s", e.Name, e.Codec, strings.Join(e.Have, ", "))
}

// ParamError says that a parameter is out of range.
type ParamError struct {
	Param string // "width"
	Value any
	Want  string // "an even number from 16 to 8192"
}

func (e *ParamError) Error() string {
	return fmt.Sprintf("encoder: %s must be %s, not %v", e.Param, e.Want, e.Value)
}

func within(param string, value, low, high int) error {
	if value < low || value > high {
		return &ParamError{param, value, fmt.Sprintf("from %d to %d", low, high)}
	}
	return nil
}
