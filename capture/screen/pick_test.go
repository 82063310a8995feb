package screen

import (
	"errors"
	"image"
	"testing"

	"tally/capture"
)

func TestPick(t *testing.T) {
	all := []title{
		{number: 0x1c00007, program: "firefox", text: "News – Mozilla Firefox"},
		{number: 0x2c00007, program: "XTerm", text: "shell"},
		{number: 0x3c00007, program: "XTerm", text: "shell"},
		{number: 0x4c00007, program: "Blender", text: "Blender [/home/a/shell.blend]"},
		{number: 0x5c00007, program: "gedit", text: "notes"},
		{number: 0x6c00007, program: "gedit", text: "notes, old"},
	}
	identify(all)
	for _, c := range []struct {
		wish string
		want int
		err  error
	}{
		{"firefox/News – Mozilla Firefox", 0, nil},
		{"XTerm/shell", 1, nil},
		{"XTerm/shell#2", 2, nil},
		{"0x3c00007", 2, nil},
		{"0x3c00008", 0, ErrNoWindow},
		{"news", 0, nil},
		{"BLENDER", 3, nil},
		{"notes", 4, nil}, // the whole title counts more than a part
		{"note", 0, ErrSeveral},
		{"shell", 0, ErrSeveral},
		{"firefox/Weather – Mozilla Firefox", 0, nil}, // has gone to another page
		{"gedit/else", 0, ErrSeveral},                 // which one, nobody knows
		{"gimp/else", 0, ErrNoWindow},
		{"", 0, ErrNoWindow},
		{"/", 3, nil}, // part of a title
	} {
		got, err := match(all, c.wish, true)
		if !errors.Is(err, c.err) || err == nil && got != c.want {
			t.Errorf("%q: %d, %v; want %d, %v", c.wish, got, err, c.want, c.err)
		}
		if err != nil && !errors.Is(err, capture.ErrNotFound) {
			t.Errorf("%q: %v is no capture.ErrNotFound", c.wish, err)
		}
	}
}

// TestPickAfterClosing: a window that was shown is followed through all its titles,
// and none takes its place but one of the same title.
func TestPickAfterClosing(t *testing.T) {
	const wish = "Browser/news"
	news, bank := title{number: 1, program: "Browser", text: "news"}, title{number: 2, program: "Browser", text: "my bank"}
	look := func(all ...title) (title, error) {
		identify(all)
		i, err := pick(all, wish)
		return append(all, title{})[i], err
	}
	if got, err := look(news, bank); err != nil || got.number != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if got, err := look(bank, title{number: 1, program: "Browser", text: "weather"}); err != nil || got.number != 1 {
		t.Errorf("with another title: %+v, %v", got, err)
	}
	if got, err := look(bank); !errors.Is(err, ErrNoWindow) {
		t.Errorf("when it was closed: %+v, %v", got, err)
	}
	if got, err := look(bank, title{number: 3, program: "Browser", text: "news"}); err != nil || got.number != 3 {
		t.Errorf("when it is opened again: %+v, %v", got, err)
	}
}

func TestParseArea(t *testing.T) {
	for _, c := range []struct {
		text string
		want Area
	}{
		{"", Area{}},
		{"0", Area{Screen: "0"}},
		{"1@800x600+100+50", Area{"1", image.Rect(100, 50, 900, 650)}},
		{"@16x16+0+0", Area{"", image.Rect(0, 0, 16, 16)}},
	} {
		got, err := ParseArea(c.text)
		if err != nil || got != c.want || got.String() != c.text {
			t.Errorf("%q: %+v %q, %v", c.text, got, got, err)
		}
	}
	for _, bad := range []string{"x", "-1", "0@", "0@800", "0@800x600", "0@800x600+1", "0@800x600-1-1", "0@800x600+1+1+1", "0@8x600+1+1", "0@99999x99999+0+0", "0@0x0+0+0", "portal@80x60+0+0", "0 @80x60+0+0", "0@ 80x60+0+0"} {
		if got, err := ParseArea(bad); err == nil {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}
