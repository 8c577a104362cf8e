//go:build !linux

package gateway

// monotonic is for systemd, which is nowhere else.
func monotonic() string { return "0" }
