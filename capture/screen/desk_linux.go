package screen

import (
	"context"
	"fmt"
	"image"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"tally/capture"
	"tally/capture/xcb"
)

// desk is a screen, or a part of one, as the subject of a capture.
type desk struct {
	*display
	wish Area
}

func (k *desk) watch() (xproto.Window, error) {
	if k.randr {
		randr.SelectInput(k.conn, k.root, randr.NotifyMaskScreenChange)
	}
	return k.root, nil
}

func (k *desk) locate() (view, error) {
	m, err := k.find(k.wish.Screen)
	if err != nil {
		return view{}, err
	}
	v := view{from: xproto.Drawable(k.root), area: m.area}
	if !k.wish.Part.Empty() {
		v.area = k.wish.Part.Add(m.area.Min).Intersect(m.area)
		if v.area.Empty() {
			return view{}, fmt.Errorf("%s: %w", k.wish, ErrOutside)
		}
	}
	v.part = v.area != k.whole
	return v, nil
}

func (k *desk) moved(e xgb.Event) bool {
	x, ok := e.(extensionEvent)
	return ok && k.randr && x.code() == k.randrEvent+randr.ScreenChangeNotify
}

func (k *desk) pointer(m xcb.Mouse) (image.Point, bool) { return m.At, true }

// Shot is what a screen shows now, without the mouse: for choosing a part of it.
// The picture belongs to the caller.
func Shot(ctx context.Context, id string) (*capture.Frame, error) {
	f, err := patiently(ctx, func() (*capture.Frame, error) { return shoot(ctx, id) })
	if err != nil {
		return nil, fmt.Errorf("screen: take a picture: %w", err)
	}
	return f, nil
}

func shoot(ctx context.Context, id string) (*capture.Frame, error) {
	d, err := connect()
	if err != nil {
		return nil, err
	}
	defer d.conn.Close()
	m, err := d.find(id)
	if err != nil {
		return nil, classify(err)
	}
	x, err := xcb.Open(ctx)
	if err != nil {
		return nil, classifyConnect(err)
	}
	defer x.Close()
	x.Aim(xcb.View{From: uint32(d.root), Area: m.area})
	w, h := m.area.Dx(), m.area.Dy()
	f := capture.NewFrame(capture.BGRA, w, h, make([]byte, capture.BGRA.Bytes(w, h)))
	if _, err := x.Take(f.Plane[0], 0); err != nil {
		return nil, classify(err)
	}
	return f, nil
}
