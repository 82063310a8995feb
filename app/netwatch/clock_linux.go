package netwatch

import (
	"time"

	"golang.org/x/sys/unix"
)

func read() reading {
	var awake, all unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil {
		return reading{}
	}
	return reading{time.Duration(awake.Nano()), time.Duration(all.Nano())}
}
