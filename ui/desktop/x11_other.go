//go:build !linux

package desktop

import (
	"context"

	"fyne.io/fyne/v2"

	"tally/ui"
)

// x11 is for Linux: elsewhere there is none.
type x11 struct{}

func connectX11(fyne.Window) *x11 { return nil }

func (x *x11) newPanes(int) []ui.Pane { return nil }
func (x *x11) grab([]string) []string { return nil }

func (x *x11) run(context.Context, func(bool), func(int)) {}
