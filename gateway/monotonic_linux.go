package gateway

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// monotonic is the time that systemd compares reloads by, in microseconds
// (CLOCK_MONOTONIC; sd_notify(3)).
func monotonic() string {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return "0"
	}
	return strconv.FormatInt(now.Nano()/1000, 10)
}
