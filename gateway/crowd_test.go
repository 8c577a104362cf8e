package gateway_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// TestSilentConnectionsMakeRoom: those that have asked once and are silent go
// when others have to wait, the longest silent first; who is being served stays.
func TestSilentConnectionsMakeRoom(t *testing.T) {
	t.Parallel()
	const seats = 16 // the fewest
	h := start(t, simple, before(func(h *house) { h.descriptors = 1 }))
	ask := func(c net.Conn, path string) error {
		_ = c.SetDeadline(time.Now().Add(time.Minute))
		_, err := io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: app.example.test\r\n\r\n")
		return err
	}
	come := func(path string) (net.Conn, error) {
		c, err := net.Dial("tcp", h.server.Address("public").String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if err := ask(c, path); err != nil {
			return c, err
		}
		_, err = http.ReadResponse(bufio.NewReader(c), nil)
		return c, err
	}
	busy := h.webSocket(t, "/public/x", "a=b")
	var first net.Conn
	for i := range seats - 1 {
		c, err := come("/.auth/ok")
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = c
			time.Sleep(10 * time.Millisecond)
		}
	}
	for range 3 { // each after some seconds
		if _, err := come("/.auth/ok"); err != nil {
			t.Errorf("with every seat taken by the silent: %v", err)
		}
	}
	if _, err := io.ReadAll(first); err != nil {
		t.Errorf("the longest silent was not the first to go: %v", err)
	}
	busy.echoes("still here") // benign
}
