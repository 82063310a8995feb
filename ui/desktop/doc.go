// Package desktop shows the window of Tally on a real screen. It is apart from
// tally/ui so that the tests of that package need neither a screen nor OpenGL. Start
// at [Run]; learn.go decides how pictures get onto the screen.
//
// # Ways to show a picture
//
// Measured on 26 November 2026: 30 pictures a second of I420 1280x720, shown at 904x508
// in a window of 1280x800 with 36 other widgets; Fyne 2.8.0, Xvfb, Mesa 22.3.6 llvmpipe
// on two cores; ms of processor time for each picture, without the X server's. One run
// of 6 s each, beside a show that took a quarter of a core; one of the evening before,
// with nothing beside it, differed by less than 4 %, but for the pane, which took 3.6
// before scaling was made cheaper.
//
//	way                                             all   main   llvmpipe  other
//	only the repaint, no picture                    7.7    1.4        5.8    0.5
//	canvas.Raster, scaled by libswscale            16.2    2.1       11.7    2.4
//	canvas.Shader, planes as textures              23.6    2.1       20.7    0.8
//	a pane: an X window of its own, shared memory   2.6    0.1        0.0    2.5
//
// Where the processor paints under X11, pictures therefore go to panes. Everywhere
// else they are canvas.Raster. The shader, which takes the planes as they are and does
// colours and size on the way, was seen to work, and is the dearest where the processor
// runs it. With a graphics card the column llvmpipe should go away, and the shader then
// be the cheaper of the two by 1.6 ms; that was never measured, for want of a card, so
// there is no code for it.
package desktop
