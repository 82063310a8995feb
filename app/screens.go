package app

import (
	"context"
	"errors"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/natefinch/atomic"

	"tally/app/words"
	"tally/capture"
	"tally/capture/screen"
	"tally/capture/wayland"
)

// openScreen opens a screen, or a part of one.
func (s *Studio) openScreen(ctx context.Context, w sourceWish, spec sourceSpec) found {
	area, err := screen.ParseArea(spec.arg)
	f := lookUp(ctx, screen.Devices, sourceSpec{spec.kind, area.Screen})
	if err == nil && !area.Part.Empty() {
		f.name, f.device = s.opts.Say(words.Say("Part of %s", f.name)), spec.String()
	}
	f.Source = screen.Open(spec.arg, float64(w.fps), s.clock, s.permission())
	return f
}

// openWindow opens a window, by the name that people know it by: its title, or of one
// that is not open what is known of that.
func (s *Studio) openWindow(ctx context.Context, w sourceWish, spec sourceSpec) found {
	f := lookUp(ctx, screen.Windows, spec)
	if f.name == spec.String() {
		f.name = spec.arg
		if _, title, ok := strings.Cut(spec.arg, "/"); ok && title != "" {
			f.name = title
		}
	}
	f.Source = screen.OpenWindow(spec.arg, float64(w.fps), s.clock)
	return f
}

// permission is where the desktop's permission to show the screen is kept: with what
// must be known after a restart, and readable by nobody else.
func (s *Studio) permission() wayland.Permission {
	if s.opts.StateDir == "" {
		return wayland.Permission{}
	}
	path := s.permissionPath()
	return wayland.Permission{
		Load: func() string {
			token, _ := readBounded(path) // without one, the desktop asks
			return string(token)
		},
		Save: func(token string) {
			_ = os.MkdirAll(s.opts.StateDir, 0o700)
			_ = atomic.WriteFile(path, strings.NewReader(token))
		},
	}
}

func (s *Studio) permissionPath() string { return filepath.Join(s.opts.StateDir, "screen-permission") }

// AskForScreen has the desktop ask once more what to share, where it does so.
func (s *Studio) AskForScreen() {
	if s.opts.StateDir != "" {
		_ = os.Remove(s.permissionPath())
	}
	s.video.poke()
}

// shotPatience bounds the wait for a picture of a screen, which the window stands
// still for.
const shotPatience = time.Second

// ScreenPicture is what a screen shows now, for choosing a part of it. Unlike other
// methods it takes a moment: some 20 ms, and never more than a second.
func (s *Studio) ScreenPicture(id string) (image.Image, Problem) {
	ctx, cancel := context.WithTimeout(context.Background(), shotPatience)
	defer cancel()
	f, err := screen.Shot(ctx, id)
	if err != nil {
		return nil, Explain(err)
	}
	defer f.Release()
	return opaque(f), Problem{}
}

// opaque copies a BGRA frame.
func opaque(f *capture.Frame) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, f.Width, f.Height))
	for y := range f.Height {
		from, to := f.Plane[0][y*f.Stride[0]:], img.Pix[y*img.Stride:]
		for x := 0; x < 4*f.Width; x += 4 {
			to[x], to[x+1], to[x+2], to[x+3] = from[x+2], from[x+1], from[x], 0xFF
		}
	}
	return img
}

// explainScreen is the part of Explain about screens and windows.
func explainScreen(err error) (Problem, bool) {
	if _, ok := errors.AsType[*sourceError](err); ok {
		return Problem{}, false // explainDevice gives it the source's name
	}
	if p, ok := explainBy(err, []explanation{
		{wayland.ErrCancelled, "No screen or window was shared.", "Choose the screen once more to be asked again."},
		{wayland.ErrRefused, "The desktop did not share the screen.", "Choose the screen once more; if that does not help, log out and in again."},
		{wayland.ErrStopped, "The desktop has ended the sharing of the screen.", "Choose the screen once more."},
	}); ok {
		p.Retry = false // by itself, asking again would be a nuisance, and showing again what was stopped worse
		return p, true
	}
	return explainBy(err, []explanation{
		{screen.ErrHidden, "The window is minimised or on another workspace.", "Bring it back to the screen; Tally goes on by itself."},
		{screen.ErrClosed, "The window was closed.", "Open it again; Tally goes on by itself."},
		{screen.ErrSeveral, "Several windows have this in their title.", "Give more of the title; “tally devices” lists them."},
		{screen.ErrNoWindow, "This window is not open.", "Open it, and Tally goes on by itself; or choose another one."},
		{screen.ErrWayland, "A window cannot be chosen by its name on a Wayland desktop.", "Choose the screen: the desktop then asks which screen or window to share."},
		{wayland.ErrNoPortal, "This desktop has no portal for sharing screens.", "Install xdg-desktop-portal and its part for your desktop, or choose another picture."},
		{wayland.ErrNoLibrary, "PipeWire is missing, which brings the screen to Tally.", "Install libpipewire 0.3, or choose another picture."},
		{wayland.ErrNoAnswer, "The desktop's portal does not answer.", "Log out and in again, which starts it anew; Tally tries again by itself."},
		{wayland.ErrNoPicture, "The desktop sends no picture of the screen.", "Move something on it, or log out and in again; Tally keeps trying."},
		{wayland.ErrRearranged, "The desktop's screens have changed.", "Tally goes on by itself."},
		{wayland.ErrEnded, "The desktop's portal or PipeWire has stopped.", "Start it again, or log out and in; Tally goes on by itself."},
		{screen.ErrOutside, "This part lies outside of the screen.", "Choose the part once more."},
	})
}
