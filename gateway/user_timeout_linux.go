package gateway

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// userTimeout is how long a client may accept no byte of an answer, or leave
// bytes unacknowledged. A client that reads nothing would otherwise hold the
// answer and its upstream for ever. The kernel measures it, because it knows
// how slow readers get on: a deadline for writing would cut those who read a
// few kilobytes a second, to whom a write takes minutes.
const userTimeout = 2 * time.Minute

// boundWriting sets it on a listening socket, whose connections inherit it
// (RFC 5482; tcp(7), TCP_USER_TIMEOUT).
func boundWriting(network, _ string, c syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(userTimeout.Milliseconds()))
	})
	return errors.Join(err, failed)
}
