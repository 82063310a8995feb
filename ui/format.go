package ui

import (
	"fmt"
	"time"
)

// clock writes a duration as 0:07, 12:34 or 1:02:03.
func clock(d time.Duration) string {
	s := int(max(d, 0) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// dataSize writes bytes with a unit that keeps the number short: "41 kB",
// "2.5 MB".
func dataSize(n int64) string {
	switch {
	case n < 1000:
		return tr("%d B", max(n, 0))
	case n < 1e6:
		return tr("%d kB", n/1000)
	case n < 1e9:
		return tr("%.1f MB", float64(n)/1e6)
	}
	return tr("%.2f GB", float64(n)/1e9)
}

// ago writes how long ago something was: "130 ms ago", "2.4 s ago".
func ago(ms int) string {
	switch {
	case ms < 1000:
		return tr("%d ms ago", max(ms/10*10, 0))
	case ms < 60_000:
		return tr("%.1f s ago", float64(ms)/1000)
	}
	return tr("%d min ago", ms/60_000)
}

// rate writes frames a second, always with one decimal.
func rate(fps float64) string { return tr("%.1f", fps) }
