package windowtest

import (
	"fmt"
	"image"
	"image/color"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"tally/app/apptest"
)

var menuBack, sheetBack = color.NRGBA{0x26, 0x2a, 0x32, 255}, color.NRGBA{0x1f, 0x23, 0x29, 255}

// TestPictureGivesWay: where the processor paints, the picture is in a window of
// its own over Tally's. It moves, and a menu, a sheet and a tip are still over it.
func TestPictureGivesWay(t *testing.T) {
	p := sit(t)
	stage := image.Rect(20, 45, 900, 540)
	moves := func(what string) {
		t.Helper()
		p.until(10*time.Second, what, func(a image.Image) bool {
			b := p.look()
			return count(a, stage, offAir) != count(b, stage, offAir) || differ(a, b, stage) > 500
		})
	}
	moves("the picture moves")
	p.click(image.Pt(30, 14))
	p.until(5*time.Second, "the menu lies over the picture", func(img image.Image) bool {
		return count(img, image.Rect(20, 50, 160, 150), menuBack) > 6000
	})
	p.picture("menu")
	p.click(image.Pt(1000, 500))
	p.until(5*time.Second, "the menu is gone", func(img image.Image) bool {
		return count(img, image.Rect(20, 50, 160, 150), menuBack) < 500
	})
	p.keys("ctrl+comma")
	p.until(5*time.Second, "the settings lie over the picture", func(img image.Image) bool {
		return count(img, image.Rect(420, 200, 860, 540), sheetBack) > 20_000
	})
	p.picture("settings")
	p.keys("Escape")
	p.until(5*time.Second, "the settings are gone", func(img image.Image) bool {
		return count(img, image.Rect(420, 200, 860, 540), sheetBack) < 2000
	})
	moves("the picture moves again")
	p.keys("ctrl+shift+g")
	p.until(5*time.Second, "the graphs open", func(img image.Image) bool {
		return count(img, image.Rect(370, 240, 910, 560), sheetBack) > 20_000
	})
	p.keys("Escape", "ctrl+shift+h")
	p.until(5*time.Second, "what happened opens", func(img image.Image) bool {
		return count(img, image.Rect(370, 240, 910, 560), sheetBack) > 50_000
	})
	p.keys("Escape")
}

func differ(a, b image.Image, area image.Rectangle) (n int) {
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			if a.At(x, y) != b.At(x, y) {
				n++
			}
		}
	}
	return n
}

// watcher is the tray of a desktop.
type watcher struct{ bus *apptest.Bus }

func (w watcher) RegisterStatusNotifierItem(sender dbus.Sender, _ string) *dbus.Error {
	w.bus.Note("tray %s.", sender)
	return nil
}

// notifications are those of a desktop.
type notifications struct{ bus *apptest.Bus }

func (n notifications) Notify(_ string, _ uint32, _, title, text string, _ []string, _ map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.bus.Note("told %q %q", title, text)
	return 1, nil
}

// TestDesktopServices: the tray shows Tally and its menu works; a show keeps the
// screen on; and what happens while the window is minimised is told.
func TestDesktopServices(t *testing.T) {
	n := apptest.StartNGINX(t)
	bus := apptest.StartBus(t)
	bus.OfferScreenSaver(t)
	bus.Offer(t, "org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", "org.kde.StatusNotifierWatcher", watcher{bus})
	bus.Offer(t, "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications", notifications{bus})
	p := sitWith(t, bus.Env()...)
	p.saveDestination("rtmp://"+n.Addr+"/live", secret)

	menu := trayOf(t, bus)
	menu.click("Mute")
	p.isKept("the tray has muted", func(s string) bool { return strings.Contains(s, `"muted": true`) })
	time.Sleep(time.Second) // a person is no faster
	menu.click("Unmute")
	time.Sleep(3 * time.Second) // until the look before a show has seen that, too
	menu.click("Go live")
	time.Sleep(3 * time.Second)
	p.picture("from-the-tray")
	p.lamp(onAir, 20*time.Second, "ON AIR")
	bus.WaitFor(t, "saver Tally, A show is on", 5*time.Second)

	window := p.desktop.Window(t, "on air", 5*time.Second)
	p.desktop.Do(t, "windowminimize", window)
	time.Sleep(time.Second)
	n.Kill()
	bus.WaitFor(t, `told "Tally – `, 20*time.Second)
	n.Start(t)
	bus.WaitFor(t, `told "Tally – Back on air`, 60*time.Second)
	menu.click("Show the window")
	p.lamp(onAir, 10*time.Second, "ON AIR, and the window is back")
	p.tally.Kill()
	if strings.Contains(bus.Noted(), secret) {
		t.Error("the desktop was told the stream key")
	}
}

// trayMenu is what a desktop shows when somebody presses Tally in the tray.
type trayMenu struct {
	t    *testing.T
	menu dbus.BusObject
}

// trayOf waits until Tally is in the tray of the desktop on that bus.
func trayOf(t *testing.T, bus *apptest.Bus) trayMenu {
	t.Helper()
	bus.WaitFor(t, "tray ", 10*time.Second)
	_, sender, _ := strings.Cut(bus.Noted(), "tray ")
	sender = strings.TrimSuffix(strings.Fields(sender)[0], ".")
	sender = strings.TrimSuffix(sender, ".;")
	return trayMenu{t, bus.Conn.Object(sender, "/StatusNotifierItem/menu")}
}

type menuItem struct {
	ID       int32
	Props    map[string]dbus.Variant
	Children []dbus.Variant
}

// click presses the item that has that label.
func (m trayMenu) click(label string) {
	m.t.Helper()
	apptest.Until(m.t, 10*time.Second, "the tray's menu has "+label, func() bool {
		for _, item := range m.items() {
			if item.label() == label {
				return m.menu.Call("com.canonical.dbusmenu.Event", 0, item.ID, "clicked", dbus.MakeVariant(""), uint32(0)).Err == nil
			}
		}
		return false
	})
}

// items are what the menu lists; none while it cannot be asked.
func (m trayMenu) items() []menuItem {
	var revision uint32
	var root menuItem
	err := m.menu.Call("com.canonical.dbusmenu.GetLayout", 0, int32(0), int32(-1), []string{}).Store(&revision, &root)
	if err != nil {
		return nil
	}
	var all []menuItem
	for _, c := range root.Children {
		var item menuItem
		if dbus.Store([]any{c.Value()}, &item) == nil {
			all = append(all, item)
		}
	}
	return all
}

func (i menuItem) label() string { return fmt.Sprint(i.Props["label"].Value()) }

// TestKeysForEverywhere: a key that was chosen mutes while the window is minimised.
func TestKeysForEverywhere(t *testing.T) {
	p := sit(t)
	p.keys("ctrl+m", "ctrl+m") // so that there are settings on the disk
	p.keys("ctrl+shift+k")
	p.until(5*time.Second, "the keys' sheet opens", func(img image.Image) bool {
		return count(img, image.Rect(430, 300, 850, 500), sheetBack) > 10_000
	})
	p.keys("ctrl+alt+m")
	p.picture("keys")
	p.keys("Return")
	time.Sleep(500 * time.Millisecond)
	window := p.desktop.Window(t, "^Tally", 5*time.Second)
	p.desktop.Do(t, "windowminimize", window)
	time.Sleep(500 * time.Millisecond)
	p.desktop.Do(t, "key", "ctrl+alt+m")
	p.isKept("the key has muted", func(s string) bool { return strings.Contains(s, `"muted": true`) })
}
