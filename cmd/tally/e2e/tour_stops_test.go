package e2e

// stop is one screen of the tour: what leads there, and back.
type stop struct {
	name  string // of its picture
	title string // on the page of all pictures
	do    []string
	back  []string
	sheet bool // it lies over the picture
	often bool // also without -screenshots
	tight bool // also in a small window, and in other languages with long names
}

var escape = []string{"Escape"}

// offAir are the screens before a show. What is done is in the words of [tourist.act].
var offAir = []stop{
	{name: "idle", title: "Before the show", often: true, tight: true},
	{name: "menu-tally", title: "Menu: Tally", do: []string{"click 30 14"}, back: escape},
	{name: "menu-show", title: "Menu: show", do: []string{"click 82 14"}, back: escape, tight: true},
	{name: "menu-recording", title: "Menu: recording", do: []string{"click 153 14"}, back: escape},
	{name: "menu-view", title: "Menu: view", do: []string{"click 222 14"}, back: escape},
	{name: "pictures", title: "Choose the picture", do: []string{"ctrl+1"}, back: escape, tight: true},
	{name: "sounds", title: "Choose the sound", do: []string{"ctrl+2"}, back: escape, tight: true},
	{name: "places", title: "Choose where to stream", do: []string{"ctrl+3"}, back: escape, tight: true},
	{name: "part", title: "A part of a screen", do: []string{"ctrl+1", "Down", "Down", "Down", "Return", "wait 1s"}, back: escape, sheet: true, tight: true},
	{name: "timing", title: "Timing of the sound", do: []string{"ctrl+shift+t"}, back: escape},
	{name: "settings", title: "Settings", do: []string{"ctrl+comma"}, sheet: true, often: true, tight: true},
	{name: "settings-search", title: "Settings: search", do: []string{"type key"}, sheet: true},
	{name: "settings-all", title: "Settings: all of them", do: []string{"ctrl+a", "BackSpace", "shift+Tab", "shift+Tab", "space"}, sheet: true, tight: true},
	{name: "settings-all-2", title: "Settings: all of them, further down", do: []string{"wheel 15"}, sheet: true, tight: true},
	{name: "settings-all-3", title: "Settings: all of them, at the end", do: []string{"wheel 60"}, back: escape, sheet: true, tight: true},
	{name: "destinations", title: "Destinations", do: []string{"ctrl+d"}, sheet: true, often: true, tight: true},
	{name: "destination-edit", title: "Edit a destination", do: []string{"Tab", "Tab", "space"}, back: escape, sheet: true, tight: true},
	{name: "destination", title: "Add a destination", do: []string{"ctrl+n"}, back: escape, sheet: true, often: true},
	{name: "profile", title: "New profile", do: []string{"ctrl+shift+n"}, back: escape, sheet: true},
	{name: "hotkeys", title: "Keys for everywhere", do: []string{"ctrl+shift+k"}, back: escape, sheet: true, tight: true},
	{name: "export-settings", title: "Export settings", do: []string{"ctrl+shift+e"}, sheet: true},
	{name: "save-file", title: "Where to save", do: []string{"Return", "wait 1s"}, back: []string{"Tab", "space", "wait 500ms", "Escape"}},
	{name: "preflight", title: "What to look at before a show", do: []string{"ctrl+b", "wait 3s"}, back: escape, sheet: true, often: true, tight: true},
	{name: "guide-picture", title: "Guide: picture and sound", do: []string{"ctrl+g"}, sheet: true, often: true, tight: true},
	{name: "guide-service", title: "Guide: service", do: []string{"Return"}, sheet: true, tight: true},
	{name: "guide-key", title: "Guide: key", do: []string{"Return"}, sheet: true, tight: true},
	{name: "guide-measure", title: "Guide: what line and computer can do", do: []string{"Return", "wait 8s"}, sheet: true, tight: true},
	{name: "guide-end", title: "Guide: rehearse or go live", do: []string{"Return"}, back: escape, sheet: true, tight: true},
}

// rehearsal is a show that nobody sees.
var rehearsal = []stop{
	{name: "rehearsal", title: "Rehearsal", do: []string{"ctrl+l", "wait 8s"}, back: []string{"ctrl+e"}, tight: true},
}

// onAirStops are the screens while viewers watch.
var onAirStops = []stop{
	{name: "on-air", title: "On air, and recorded", do: []string{"ctrl+shift+r", "wait 12s"}, tight: true},
	{name: "on-air-muted", title: "On air, muted", do: []string{"ctrl+m", "wait 1s"}, back: []string{"ctrl+m"}},
	{name: "graphs", title: "Graphs of the show", do: []string{"ctrl+shift+g"}, back: escape, tight: true},
	{name: "what-happened", title: "What happened", do: []string{"ctrl+shift+h"}, back: escape, sheet: true},
	{name: "end", title: "End the show?", do: []string{"ctrl+e"}, back: escape, sheet: true, tight: true},
	{name: "on-air-settings", title: "Settings while on air", do: []string{"ctrl+comma"}, back: escape, sheet: true},
}

// troubles come without a key being pressed, in this order.
var troubles = []stop{
	{name: "stalled", title: "The server takes nothing", tight: true},
	{name: "reconnecting", title: "The server is gone", tight: true},
	{name: "cut-off", title: "The start after a crash in mid-show", sheet: true, tight: true},
	{name: "refused", title: "The server refuses", tight: true},
}

// afterwards are the screens of a show that is over.
var afterwards = []stop{
	{name: "after", title: "After the show", tight: true},
	{name: "report", title: "Report of a show", do: []string{"ctrl+t"}, sheet: true, tight: true},
	{name: "export", title: "Export a report", do: []string{"shift+Tab", "space"}, back: []string{"Escape", "Escape"}, sheet: true},
	{name: "recordings", title: "Recordings", do: []string{"ctrl+o"}, back: escape, sheet: true, tight: true},
}

// later are the screens of the next start, after a crash in mid-show.
var later = []stop{
	{name: "file", title: "A film as the picture", tight: true},
	{name: "history", title: "History of shows", do: []string{"ctrl+h", "wait 1s"}, sheet: true, tight: true},
	{name: "history-show", title: "A show of the history", do: []string{"Down", "Return"}, back: []string{"Escape", "Escape"}, sheet: true},
}
