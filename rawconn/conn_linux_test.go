package rawconn_test

import (
	"syscall"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/rawconn"
)

// TestSocketsThatBlockAreLeft to the net package.
func TestSocketsThatBlockAreLeft(t *testing.T) {
	_, plain := pair(t, "tcp")
	raw, err := plain.(syscall.Conn).SyscallConn()
	if err == nil {
		err = raw.Control(func(fd uintptr) { _ = syscall.SetNonblock(int(fd), false) })
	}
	if err != nil {
		t.Fatal(err)
	}
	if rawconn.New(plain) != plain {
		t.Error("a socket that blocks is read without telling the scheduler")
	}
}
