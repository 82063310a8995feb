//go:build (gles || arm || arm64) && !darwin

package desktop

import gl "github.com/go-gl/gl/v3.1/gles2"

// renderer is who paints, by the name that OpenGL gives it. Its context must be
// current.
func renderer() string { return gl.GoStr(gl.GetString(gl.RENDERER)) }
