package desktop

import (
	"context"
	"os"
	"strings"
	"sync"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.4/glfw"

	"tally/ui"
)

// learn finds out, once the window is painted, whether the processor paints it: then
// pictures go past Fyne, where the window system allows that. It has the window
// told when nobody can see it. Fyne offers none of this, but its window lends out
// the OpenGL context that it paints with, and its handle.
func learn(ctx context.Context, w *ui.Window, watchers *sync.WaitGroup) {
	slow := false
	x := connectX11(w.Fyne())
	if os.Getenv("WAYLAND_DISPLAY") != "" { // also for a window that is X11's there: its server hears no keys of others
		watchers.Go(func() { desktopKeys(ctx, w) })
	} else if x != nil {
		w.UseHotkeys(x.grab)
	}
	lender, ok := w.Fyne().(interface{ RunWithContext(func()) })
	if !ok {
		return
	}
	lender.RunWithContext(func() {
		slow = software(renderer())
		w.SetSlowPainting(slow)
		if native := glfw.GetCurrentContext(); native != nil && x == nil {
			native.SetIconifyCallback(func(_ *glfw.Window, minimised bool) { w.SetHidden(minimised) })
		}
	})
	if x == nil {
		return
	}
	if slow {
		if p := x.newPanes(2); p != nil {
			w.UsePanes(p[0], p[1])
		}
	}
	watchers.Go(func() {
		x.run(ctx,
			func(hidden bool) { fyne.Do(func() { w.SetHidden(hidden) }) },
			func(n int) { fyne.Do(func() { w.Hotkey(n) }) })
	})
}

// software recognises the names under which Mesa and Windows paint with the
// processor; OpenGL has no other way of asking.
func software(renderer string) bool {
	for _, name := range []string{"llvmpipe", "softpipe", "swrast", "SwiftShader", "GDI Generic"} {
		if strings.Contains(renderer, name) {
			return true
		}
	}
	return false
}
