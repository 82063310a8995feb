package camera

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/pion/mediadevices/pkg/driver"

	"tally/capture"
)

// Devices lists the cameras that are plugged in now, the default one first. A camera
// that another program has is listed too, without formats if it cannot be
// asked. Asking often is cheap: a USB camera is opened only when it is new.
//
// An ID is the name that udev gives the camera by its make and serial number
// (/dev/v4l/by-id), else by the place it is plugged in (/dev/v4l/by-path), else
// what the driver says of that place; so it is the same after a re-plug,
// whatever number the node then has.
func Devices(ctx context.Context) ([]capture.Device, error) {
	found := make(chan []known, 1)
	go func() { found <- cameras.refresh() }() // asking a broken driver may take long
	var nodes []known
	select {
	case nodes = <-found:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var all []capture.Device
	alike := map[string]int{}
	for i, c := range nodes {
		name := c.name
		if alike[name]++; alike[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, alike[name])
		}
		all = append(all, capture.Device{Kind: capture.KindCamera, ID: c.id, Name: name, Default: i == 0, Formats: c.formats})
	}
	return all, nil
}

// resolve finds the ID of a camera that is plugged in, given its ID, the
// path of its node, or nothing for the default one.
func resolve(id string) (string, error) {
	for _, c := range cameras.refresh() {
		if id == "" || id == c.id || id == c.path || id == filepath.Base(c.path) {
			return c.id, nil
		}
	}
	return "", capture.ErrNotFound
}

// known is what has been learnt of a node.
type known struct {
	path, id, name string
	bus            string
	index          int // among the nodes of its device
	captures       bool
	asked          bool // it could be opened, so the rest is true
	formats        []capture.Format
	stamp          [3]int64 // of the node in /dev: changes when it is made anew
	driverID       string   // with mediadevices' manager
}

// registry is what is plugged in, as of the last refresh.
type registry struct {
	mu    sync.Mutex
	nodes map[string]*known // by path
}

var cameras = registry{nodes: map[string]*known{}}

// refresh looks at /dev, and keeps the manager's drivers in step with it.
func (r *registry) refresh() []known {
	r.mu.Lock()
	defer r.mu.Unlock()
	paths, _ := filepath.Glob("/dev/video[0-9]*") // the pattern is well-formed
	slices.SortFunc(paths, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	links := map[string]string{}
	readLinks(links, "/dev/v4l/by-path")
	readLinks(links, "/dev/v4l/by-id") // the better name replaces the other

	var found []*known
	for _, path := range paths {
		var st syscall.Stat_t
		if syscall.Stat(path, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFCHR {
			continue
		}
		stamp := [3]int64{int64(st.Ino), int64(st.Rdev), st.Ctim.Nano()}
		k := r.nodes[path]
		if k == nil || k.stamp != stamp || !k.settled() {
			before := k
			k = ask(path)
			k.stamp = stamp
			if before != nil {
				k.driverID, k.id = before.driverID, before.id
			}
			r.nodes[path] = k
		}
		if k.captures {
			found = append(found, k)
		}
	}
	r.forget(paths)
	r.identify(found, links)

	all := make([]known, len(found))
	for i, k := range found {
		all[i] = *k
	}
	return all
}

// settled is true for what cannot change while it is plugged in, and should not be
// woken up by asking again. A virtual camera is one only while a program feeds it.
func (k *known) settled() bool { return k.captures && k.asked && strings.HasPrefix(k.bus, "usb-") }

// ask opens a node to learn what it is.
func ask(path string) *known {
	base := filepath.Base(path)
	k := &known{path: path, index: number(sysfs(base, "index")), name: cmp.Or(sysfs(base, "name"), base)}
	n, err := openNode(path)
	if err != nil {
		// Somebody's camera, or one that we may not use: worth being listed, so that
		// choosing it tells why. Nodes behind the first carry no picture as a rule.
		k.captures = k.index == 0 && (errors.Is(err, syscall.EBUSY) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.EPERM))
		return k
	}
	defer n.close()
	a, err := n.about()
	if err != nil || !a.captures {
		k.asked = err == nil
		return k
	}
	k.asked, k.captures, k.bus = true, true, a.bus
	k.name = cmp.Or(a.card, k.name)
	// UVC cameras call themselves "Name: Name".
	if first, second, ok := strings.Cut(k.name, ": "); ok && strings.HasPrefix(first, second) {
		k.name = first
	}
	k.formats = n.formats()
	return k
}

// forget drops the nodes that are gone.
func (r *registry) forget(paths []string) {
	for path, k := range r.nodes {
		if !slices.Contains(paths, path) {
			driver.GetManager().Delete(k.driverID)
			delete(r.nodes, path)
		}
	}
}

// identify gives each camera an ID of its own, and registers its driver under it.
func (r *registry) identify(found []*known, links map[string]string) {
	used := map[string]bool{}
	for _, k := range found {
		id := cmp.Or(links[filepath.Base(k.path)], k.bus, k.name)
		if used[id] {
			id = fmt.Sprintf("%s-index%d", id, k.index)
		}
		if used[id] {
			id = fmt.Sprintf("%s-%s", id, filepath.Base(k.path))
		}
		used[id] = true
		if id == k.id && k.driverID != "" {
			continue
		}
		m := driver.GetManager()
		m.Delete(k.driverID)
		k.id = id
		if m.Register(&device{path: k.path}, driver.Info{Label: id, Name: k.name, DeviceType: driver.Camera}) != nil {
			continue
		}
		for _, d := range m.Query(func(d driver.Driver) bool { return d.Info().Label == id }) {
			k.driverID = d.ID()
		}
	}
}

// readLinks adds to names what the links in a folder are called, by what they
// point to.
func readLinks(names map[string]string, folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return // no udev
	}
	for _, e := range entries {
		if to, err := os.Readlink(filepath.Join(folder, e.Name())); err == nil {
			names[filepath.Base(to)] = e.Name()
		}
	}
}

// sysfs reads a file that the kernel has of a node; empty if it has none.
func sysfs(base, name string) string {
	b, err := os.ReadFile(filepath.Join("/sys/class/video4linux", base, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// number is the one that s ends with.
func number(s string) int {
	n, _ := strconv.Atoi(strings.TrimLeft(s, "/abcdefghijklmnopqrstuvwxyz"))
	return n
}
