package shortcuts

import "strings"

// modifiers are the names of the desktops' specification for shortcuts.
var modifiers = map[string]string{"Ctrl": "CTRL", "Alt": "ALT", "Shift": "SHIFT", "Super": "LOGO"}

// trigger writes a combination such as "Ctrl+Alt+M" as that specification does:
// "CTRL+ALT+m". Keys have the names of xkbcommon. It is empty for what cannot be
// written.
func trigger(combination string) string {
	parts := strings.Split(combination, "+")
	last := len(parts) - 1
	for i, p := range parts[:last] {
		if parts[i] = modifiers[p]; parts[i] == "" {
			return ""
		}
	}
	switch key := parts[last]; {
	case key == "ScrollLock":
		parts[last] = "Scroll_Lock"
	case len(key) == 1:
		parts[last] = strings.ToLower(key)
		if name := keyNames[key]; name != "" {
			parts[last] = name
		} else if (key < "A" || key > "Z") && (key < "0" || key > "9") {
			return ""
		}
	}
	return strings.Join(parts, "+")
}

// keyNames are those of keys that have no letter or digit on them.
var keyNames = map[string]string{
	"'": "apostrophe", ",": "comma", "-": "minus", ".": "period", "/": "slash", ";": "semicolon",
	"=": "equal", "[": "bracketleft", "\\": "backslash", "]": "bracketright", "`": "grave",
}
