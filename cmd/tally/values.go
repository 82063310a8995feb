package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// parseSize reads "1280x720".
func parseSize(s string) (width, height int, err error) {
	w, h, ok := strings.Cut(s, "x")
	width, err1 := strconv.Atoi(w)
	height, err2 := strconv.Atoi(h)
	if !ok || err1 != nil || err2 != nil {
		return 0, 0, errors.New("a size looks like 1280x720")
	}
	return width, height, nil
}

// parseKbps reads a bitrate in bit/s with an optional k or M, and returns
// kbit/s.
func parseKbps(s string) (int, error) {
	number, factor := s, 1.0
	switch {
	case strings.HasSuffix(s, "k"):
		number, factor = s[:len(s)-1], 1e3
	case strings.HasSuffix(s, "M"):
		number, factor = s[:len(s)-1], 1e6
	}
	x, err := strconv.ParseFloat(number, 64)
	if err != nil || !(x > 0 && x*factor <= 1e9) {
		return 0, errors.New("a bitrate looks like 2500k or 2.5M")
	}
	return int(x*factor/1000 + 0.5), nil
}

// parseSwitch reads "on" or "off".
func parseSwitch(s string) (bool, error) {
	switch s {
	case "on":
		return true, nil
	case "off":
		return false, nil
	}
	return false, fmt.Errorf("%q is neither on nor off", s)
}
