package screen

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"log"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/composite"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"tally/capture"
	"tally/capture/wayland"
)

// xgb writes to stderr what it also returns.
func init() { xgb.Logger = log.New(io.Discard, "", 0) }

// display is a connection to the X server, with what it can do.
type display struct {
	conn      *xgb.Conn
	root      xproto.Window
	whole     image.Rectangle // the desktop: all screens
	randr     bool            // knows of single screens
	xfixes    bool            // tells the cursor's picture
	shm       bool            // shares memory
	composite bool            // gives windows pictures of their own

	randrEvent, xfixesEvent int // the first event of each
}

// monitor is one screen.
type monitor struct {
	id, name string
	area     image.Rectangle // of the desktop
	primary  bool
}

// Devices lists the screens, the main one first among equals: "0", "1", … in the
// display's own order. In a Wayland session it is what the desktop's portal offers.
// Without a display the error is a [capture.ErrNoBackend].
func Devices(ctx context.Context) ([]capture.Device, error) {
	all, err := patiently(ctx, list)
	if errors.Is(err, ErrWayland) {
		return wayland.Devices(ctx)
	}
	return all, err
}

// patiently asks the display in the background: one that hangs holds up nobody but
// that.
func patiently[T any](ctx context.Context, ask func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := ask()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

func list() ([]capture.Device, error) {
	d, err := connect()
	if err != nil {
		return nil, fmt.Errorf("screen: list: %w", err)
	}
	defer d.conn.Close()
	monitors, err := d.monitors()
	if err != nil {
		return nil, fmt.Errorf("screen: list: %w", classify(err))
	}
	main := max(0, slices.IndexFunc(monitors, func(m monitor) bool { return m.primary }))
	var all []capture.Device
	for i, m := range monitors {
		all = append(all, capture.Device{
			Kind: capture.KindScreen, ID: m.id, Name: m.name, Default: i == main,
			Formats: []capture.Format{{Pixel: capture.BGRA.String(), Width: m.area.Dx(), Height: m.area.Dy()}},
		})
	}
	return all, nil
}

// connect reaches the display that DISPLAY names.
func connect() (*display, error) {
	if os.Getenv("DISPLAY") == "" {
		if os.Getenv("WAYLAND_DISPLAY") != "" {
			return nil, ErrWayland
		}
		return nil, fmt.Errorf("no display (DISPLAY is not set): %w", capture.ErrNoBackend)
	}
	conn, err := xgb.NewConn()
	if err != nil {
		return nil, classifyConnect(err)
	}
	setup := xproto.Setup(conn)
	if conn.DefaultScreen >= len(setup.Roots) {
		conn.Close()
		return nil, capture.ErrNoBackend
	}
	root := setup.Roots[conn.DefaultScreen]
	d := &display{conn: conn, root: root.Root, whole: image.Rect(0, 0, int(root.WidthInPixels), int(root.HeightInPixels))}
	if err := d.check(setup, root); err != nil {
		conn.Close()
		return nil, err
	}
	var ok bool
	if d.randrEvent, ok = extension(conn, "RANDR"); ok {
		v, err := randr.QueryVersion(conn, 1, 5).Reply()
		d.randr = err == nil && (v.MajorVersion > 1 || v.MinorVersion >= 5)
	}
	if d.xfixesEvent, ok = extension(conn, "XFIXES"); ok {
		_, err := xfixes.QueryVersion(conn, 4, 0).Reply()
		d.xfixes = err == nil
	}
	if _, ok = extension(conn, "MIT-SHM"); ok {
		_, err := shm.QueryVersion(conn).Reply()
		d.shm = err == nil
	}
	if _, ok = extension(conn, "Composite"); ok {
		v, err := composite.QueryVersion(conn, 0, 4).Reply()
		d.composite = err == nil && (v.MajorVersion > 0 || v.MinorVersion >= 2)
	}
	return d, nil
}

// check refuses displays whose pictures are no screens, or no BGRA.
func (d *display) check(setup *xproto.SetupInfo, root xproto.ScreenInfo) error {
	name := "XWAYLAND"
	if r, err := xproto.QueryExtension(d.conn, uint16(len(name)), name).Reply(); err == nil && r.Present {
		return ErrWayland
	}
	deep := slices.ContainsFunc(setup.PixmapFormats, func(f xproto.Format) bool {
		return f.Depth == root.RootDepth && f.BitsPerPixel == 32
	})
	blueFirst := false
	for _, depth := range root.AllowedDepths {
		for _, v := range depth.Visuals {
			if v.VisualId == root.RootVisual {
				blueFirst = v.RedMask == 0xFF0000 && v.GreenMask == 0xFF00 && v.BlueMask == 0xFF
			}
		}
	}
	if !deep || !blueFirst || setup.ImageByteOrder != xproto.ImageOrderLSBFirst {
		return fmt.Errorf("display of %d bits: %w", root.RootDepth, capture.ErrNoFormat)
	}
	return nil
}

// monitors asks which screens there are now.
func (d *display) monitors() ([]monitor, error) {
	g, err := xproto.GetGeometry(d.conn, xproto.Drawable(d.root)).Reply()
	if err != nil {
		return nil, err
	}
	d.whole = image.Rect(0, 0, int(g.Width), int(g.Height))
	var all []monitor
	if d.randr {
		r, err := randr.GetMonitors(d.conn, d.root, true).Reply()
		if err != nil {
			return nil, err
		}
		for i, m := range r.Monitors {
			name := "Screen " + strconv.Itoa(i+1)
			if a, err := xproto.GetAtomName(d.conn, m.Name).Reply(); err == nil && a.Name != "" {
				name = a.Name
			}
			if strings.HasPrefix(name, "XWAYLAND") {
				return nil, ErrWayland
			}
			area := image.Rect(int(m.X), int(m.Y), int(m.X)+int(m.Width), int(m.Y)+int(m.Height)).Intersect(d.whole)
			if !area.Empty() {
				all = append(all, monitor{id: strconv.Itoa(i), name: name, area: area, primary: m.Primary})
			}
		}
	}
	if len(all) == 0 && !d.whole.Empty() {
		all = []monitor{{id: "0", name: "Screen", area: d.whole, primary: true}}
	}
	return all, nil
}

// find is the screen with that ID, or the main one.
func (d *display) find(id string) (monitor, error) {
	all, err := d.monitors()
	if err != nil {
		return monitor{}, err
	}
	i := slices.IndexFunc(all, func(m monitor) bool { return m.id == id || id == "" && m.primary })
	if i < 0 && id == "" && len(all) > 0 {
		i = 0
	}
	if i < 0 {
		return monitor{}, fmt.Errorf("%q: %w", id, capture.ErrNotFound)
	}
	return all[i], nil
}

// classifyConnect tells why there is no connection: either nobody listens, or the server
// refuses us.
func classifyConnect(err error) error {
	cause := capture.ErrNoBackend
	if listens(os.Getenv("DISPLAY")) {
		cause = capture.ErrDenied
	}
	return fmt.Errorf("display %s: %w (%w)", os.Getenv("DISPLAY"), cause, err)
}

// listens tries whether there is a server behind a DISPLAY such as ":0" or "host:10.0".
func listens(display string) bool {
	host, rest, _ := strings.Cut(display, ":")
	digits, _, _ := strings.Cut(rest, ".")
	number, err := strconv.Atoi(digits)
	if err != nil {
		return false
	}
	network, address := "tcp", net.JoinHostPort(host, strconv.Itoa(6000+number))
	if host == "" || host == "unix" {
		network, address = "unix", "/tmp/.X11-unix/X"+digits
	}
	conn, err := net.DialTimeout(network, address, time.Second)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// classify tells what a request's error means.
func classify(err error) error {
	for _, known := range []error{capture.ErrNoBackend, capture.ErrNotFound, capture.ErrNoFormat, capture.ErrGone} {
		if errors.Is(err, known) {
			return err
		}
	}
	return fmt.Errorf("%w (%w)", capture.ErrGone, err)
}
