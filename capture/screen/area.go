package screen

import (
	"fmt"
	"image"
	"strconv"
	"strings"

	"tally/capture/wayland"
)

// smallestArea is the least width and height of a part that is captured: less is a
// slip of the mouse.
const smallestArea = 16

// Area is a screen, or a part of one. Its text, as in --video screen:ID, is "0" or
// "0@800x600+100+50"; an empty name before the @ is the main screen.
type Area struct {
	Screen string          // [capture.Device.ID]; empty: the main one
	Part   image.Rectangle // in pixels from the screen's upper left corner; empty: all of it
}

// ParseArea reads an Area's text.
func ParseArea(s string) (Area, error) {
	name, part, cut := strings.Cut(s, "@")
	a := Area{Screen: name}
	if name != "" && name != wayland.DeviceID {
		if _, err := strconv.ParseUint(name, 10, 16); err != nil {
			return Area{}, fmt.Errorf("screen:%s is no number, as in screen:0", name)
		}
	}
	if !cut {
		return a, nil
	}
	r, ok := parsePart(part)
	if !ok || name == wayland.DeviceID {
		return Area{}, fmt.Errorf("%q is no part of a screen, as in screen:0@800x600+100+50 (width, height, distance from the left, from the top)", part)
	}
	if r.Dx() < smallestArea || r.Dy() < smallestArea {
		return Area{}, fmt.Errorf("a part of a screen must have at least %d×%d pixels", smallestArea, smallestArea)
	}
	a.Part = r
	return a, nil
}

// parsePart reads WxH+X+Y.
func parsePart(s string) (image.Rectangle, bool) {
	var n [4]int
	for i, sep := range []string{"x", "+", "+", ""} {
		digits, rest := s, ""
		if sep != "" {
			var ok bool
			if digits, rest, ok = strings.Cut(s, sep); !ok {
				return image.Rectangle{}, false
			}
		}
		v, err := strconv.ParseUint(digits, 10, 15)
		if err != nil {
			return image.Rectangle{}, false
		}
		n[i], s = int(v), rest
	}
	return image.Rect(n[2], n[3], n[2]+n[0], n[3]+n[1]), true
}

func (a Area) String() string {
	if a.Part.Empty() {
		return a.Screen
	}
	return fmt.Sprintf("%s@%dx%d+%d+%d", a.Screen, a.Part.Dx(), a.Part.Dy(), a.Part.Min.X, a.Part.Min.Y)
}
