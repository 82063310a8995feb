package camera

// #include <linux/videodev2.h>
import "C"

import (
	"fmt"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"tally/capture"
)

// Controls lists what can be set on a camera, whoever is using it.
func Controls(id string) ([]Control, error) {
	n, err := nodeOf(id)
	if err != nil {
		return nil, err
	}
	defer n.close()
	var all []Control
	next := uint32(C.V4L2_CTRL_FLAG_NEXT_CTRL)
	for range enumerated {
		q := C.struct_v4l2_queryctrl{id: C.uint(next)}
		if n.ioctl(C.VIDIOC_QUERYCTRL, unsafe.Pointer(&q)) != nil {
			break
		}
		next = uint32(q.id) | C.V4L2_CTRL_FLAG_NEXT_CTRL
		if q.flags&(C.V4L2_CTRL_FLAG_DISABLED|C.V4L2_CTRL_FLAG_READ_ONLY) != 0 {
			continue
		}
		c := Control{
			ID: uint32(q.id), Name: unix.ByteSliceToString(unsafe.Slice((*byte)(&q.name[0]), len(q.name))),
			Min: int32(q.minimum), Max: int32(q.maximum), Step: int32(q.step), Default: int32(q.default_value),
			Inactive: q.flags&C.V4L2_CTRL_FLAG_INACTIVE != 0,
		}
		switch q._type {
		case C.V4L2_CTRL_TYPE_INTEGER:
			c.Kind = Slider
		case C.V4L2_CTRL_TYPE_BOOLEAN:
			c.Kind = Switch
		case C.V4L2_CTRL_TYPE_BUTTON:
			c.Kind = Button
		case C.V4L2_CTRL_TYPE_MENU:
			c.Kind, c.Choices = Menu, n.choices(c)
		default:
			continue
		}
		if c.Kind != Button {
			v := C.struct_v4l2_control{id: q.id}
			if n.ioctl(C.VIDIOC_G_CTRL, unsafe.Pointer(&v)) != nil {
				continue
			}
			c.Value = int32(v.value)
		}
		all = append(all, c)
	}
	return all, nil
}

func (n node) choices(c Control) map[int32]string {
	all := map[int32]string{}
	for i := c.Min; i <= c.Max && i < c.Min+enumerated; i++ {
		m := C.struct_v4l2_querymenu{id: C.uint(c.ID), index: C.uint(i)}
		if n.ioctl(C.VIDIOC_QUERYMENU, unsafe.Pointer(&m)) == nil {
			all[i] = unix.ByteSliceToString(unsafe.Slice((*byte)(&m.anon0[0]), len(m.anon0)))
		}
	}
	return all
}

// SetControl sets a control of a camera, running or not. It stays set after the
// program has ended.
func SetControl(id string, control uint32, value int32) error {
	n, err := nodeOf(id)
	if err != nil {
		return err
	}
	defer n.close()
	v := C.struct_v4l2_control{id: C.uint(control), value: C.int(value)}
	if err := n.ioctl(C.VIDIOC_S_CTRL, unsafe.Pointer(&v)); err != nil {
		return fmt.Errorf("camera: set control %#x to %d: %w", control, value, err)
	}
	return nil
}

// nodeOf opens the node of a camera.
func nodeOf(id string) (node, error) {
	for _, c := range cameras.refresh() {
		if id == "" || id == c.id {
			n, err := openNode(c.path)
			if err != nil {
				return n, fmt.Errorf("camera: open %s: %w", c.path, (&device{path: c.path}).because("open", err))
			}
			return n, nil
		}
	}
	return node{}, fmt.Errorf("camera: find %q: %w (%w)", id, capture.ErrNotFound, syscall.ENODEV)
}
