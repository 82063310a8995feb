package desktop

import (
	"strings"

	"github.com/go-gl/glfw/v3.4/glfw"

	"tally/ui"
)

// learn finds out, once the window is painted, whether the processor paints it,
// and has the window told when it is minimised. Fyne offers neither, but its
// window lends out the OpenGL context that it paints with.
func learn(w *ui.Window) {
	lender, ok := w.Fyne().(interface{ RunWithContext(func()) })
	if !ok {
		return
	}
	lender.RunWithContext(func() {
		w.SetSlowPainting(software(renderer()))
		if native := glfw.GetCurrentContext(); native != nil {
			native.SetIconifyCallback(func(_ *glfw.Window, minimised bool) { w.SetHidden(minimised) })
		}
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
