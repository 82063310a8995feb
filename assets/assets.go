// Package assets embeds what Tally carries besides its code: the [Icon] and the
// streaming [Services] with their servers and limits.
package assets

import _ "embed"

// Icon is the program's icon, a PNG of 512 × 512 pixels. It is drawn in
// icon.svg.
//
//go:embed icon.png
var Icon []byte
