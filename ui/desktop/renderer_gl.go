//go:build (!gles && !arm && !arm64) || darwin

package desktop

import "github.com/go-gl/gl/v2.1/gl"

// renderer is who paints, by the name that OpenGL gives it. Its context must be
// current.
func renderer() string { return gl.GoStr(gl.GetString(gl.RENDERER)) }
