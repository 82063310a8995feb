package desktop

import (
	"context"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// x11 is a connection of our own to the X server that shows Tally's window: for
// what neither Fyne nor GLFW offers. Another client may watch a window and put
// things on it as well as its owner. It is nil on other window systems.
//
// run is its goroutine; what hangs on the connection says who else may use it.
type x11 struct {
	conn   *xgb.Conn
	root   xproto.Window
	window xproto.Window // Tally's

	mu    sync.Mutex
	panes []*pane
	keys  []grabbed // in the order in which they were asked for
	sight sight     // run's own
}

// connectX11 finds the window, which must have been shown.
func connectX11(w fyne.Window) *x11 {
	native, ok := w.(driver.NativeWindow)
	if !ok {
		return nil
	}
	var window xproto.Window
	native.RunNative(func(c any) {
		if c, ok := c.(driver.X11WindowContext); ok {
			window = xproto.Window(c.WindowHandle)
		}
	})
	if window == 0 {
		return nil
	}
	conn, err := xgb.NewConn()
	if err != nil {
		return nil
	}
	return &x11{conn: conn, root: xproto.Setup(conn).DefaultScreen(conn).Root, window: window}
}

// run hands out events until ctx ends, and then closes the connection. With it
// everything goes that hangs on it.
func (x *x11) run(ctx context.Context, hidden func(bool), hotkey func(int)) {
	stop := context.AfterFunc(ctx, x.conn.Close)
	defer stop()
	x.watchSight()
	for {
		event, err := x.conn.WaitForEvent()
		if event == nil && err == nil {
			return // closed
		}
		switch e := event.(type) {
		case xproto.ExposeEvent:
			x.exposed(e)
		case xproto.KeyPressEvent:
			if n := x.pressed(e); n >= 0 {
				hotkey(n)
			}
		case xproto.VisibilityNotifyEvent:
			x.sight.covered = e.State == xproto.VisibilityFullyObscured
			x.look(hidden)
		case xproto.MapNotifyEvent, xproto.UnmapNotifyEvent, xproto.PropertyNotifyEvent:
			x.look(hidden)
		}
	}
}
