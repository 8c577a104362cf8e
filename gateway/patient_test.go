package gateway

import (
	"log/slog"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// short of descriptors for the first connections.
type poor struct {
	net.Listener
	left int
}

func (p *poor) Accept() (net.Conn, error) {
	if p.left--; p.left >= 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return p.Listener.Accept()
}

// TestNoDescriptorsMakeClientsWait: it is said once, and the listener stays.
func TestNoDescriptorsMakeClientsWait(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	p := newPatient(&poor{l, 4}, slog.New(slog.NewTextHandler(&said, nil)))
	go net.Dial("tcp", l.Addr().String())
	c, err := p.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if strings.Count(said.String(), "LimitNOFILE") != 1 {
		t.Errorf("the log says %q", said.String())
	}

	p.Listener = &poor{l, 1 << 30}
	time.AfterFunc(50*time.Millisecond, func() { p.Close() })
	if _, err := p.Accept(); err != net.ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}
