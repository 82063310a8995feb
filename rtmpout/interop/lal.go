//go:build tools

package interop

import _ "github.com/q191201771/lal/app/lalserver" // built by a test
