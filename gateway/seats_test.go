package gateway

import (
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/proxy"
)

// TestClientsLeaveDescriptorsForUpstreams: with their share taken the next
// client waits, is served when another leaves, and a listener that closes does
// not wait for that.
func TestClientsLeaveDescriptorsForUpstreams(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	s := newSeats(1, slog.New(slog.NewTextHandler(&said, nil)))
	r := newReception(l, &http.Server{}, new(proxy.Gateway), s)
	ask := func() net.Conn {
		t.Helper()
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		_, _ = c.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
		return c
	}
	var served []net.Conn
	for range fewestSeats {
		ask()
		c, err := r.Accept()
		if err != nil {
			t.Fatal(err)
		}
		served = append(served, c)
	}
	ask()
	next := make(chan error, 1)
	go func() {
		c, err := r.Accept()
		if err == nil {
			c.Close()
		}
		next <- err
	}()
	select {
	case err := <-next:
		t.Fatalf("one too many was accepted: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	if taken, all := s.count(); taken != fewestSeats || all != fewestSeats {
		t.Errorf("%d of %d are taken", taken, all)
	}
	served[0].Close()
	served[0].Close() // which net/http does as well
	if err := <-next; err != nil {
		t.Errorf("benign: when one has left: %v", err)
	}
	if strings.Count(said.String(), "LimitNOFILE") != 1 {
		t.Errorf("the log says %q", said.String())
	}

	for range 2 { // the house is full again, or closes
		ask()
	}
	r.Close()
	for {
		if _, err := r.Accept(); err != nil {
			break
		}
	}
	for _, c := range served {
		c.Close()
	}
}
