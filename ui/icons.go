package ui

import (
	"embed"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

//go:embed icons/*.svg
var drawings embed.FS

// icon loads one of our own drawings, which takes the colour of the text. The
// names are those of files in icons, so a missing one is a slip of ours.
func icon(name string) fyne.Resource {
	data, err := drawings.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic("ui: no icon called " + name)
	}
	return theme.NewThemedResource(fyne.NewStaticResource("tally-"+name+".svg", data))
}

var (
	iconCamera    = icon("camera")
	iconScreen    = icon("screen")
	iconWindow    = icon("window")
	iconPart      = icon("part")
	iconMic       = icon("mic")
	iconTestcard  = icon("testcard")
	iconTone      = icon("tone")
	iconFile      = icon("file")
	iconNone      = icon("none")
	iconBroadcast = icon("broadcast")
	iconRehearsal = icon("rehearsal")
	iconGraph     = icon("graph")
)
