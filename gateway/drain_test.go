package gateway_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// TestDrainDelay: readyz says 503 while requests are still taken, so that load
// balancers look elsewhere before the door closes.
func TestDrainDelay(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(simple, "server:", "server:\n  drain_delay: 1s", 1))
	b := h.browser()
	h.stop()
	eventually(t, "draining", func() bool { return h.admin("/readyz").StatusCode == http.StatusServiceUnavailable })
	b.fetch("GET", home+"/public/x", "").fromApp()
	h.close()
	if _, err := net.Dial("tcp", h.at("public")); err == nil {
		t.Error("the door is still open")
	}
}

// TestDrainSaysGoodbyeToWebSockets: with status 1001, before shutdown_timeout
// is over, and that is no cut.
func TestDrainSaysGoodbyeToWebSockets(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	cookie := h.signIn("ana.kovacs").sessionCookie()
	public := h.webSocket(t, "/public/x", "a=b")
	signedIn := h.webSocket(t, "/x", cookie)
	public.echoes("hello")
	signedIn.echoes("hello")
	h.stop()
	public.saysGoodbye(1001)
	signedIn.saysGoodbye(1001)
	h.close()
}

// TestDrainWritesIntoNoFrame: the upstream stands in the middle of one. The
// connection is cut without a close frame, which would be data.
func TestDrainWritesIntoNoFrame(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	conn := h.webSocket(t, "/public/x", "a=b")
	half := append([]byte{0x81, 100}, strings.Repeat("x", 50)...)
	conn.Conn.Write(half)
	if _, err := io.ReadFull(conn.r, make([]byte, len(half))); err != nil {
		t.Fatal(err)
	}
	h.stop()
	conn.ended()
	h.close()
}

// TestDrainTellsHTTP2Clients by GOAWAY, and lets their streams finish.
func TestDrainTellsHTTP2Clients(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	running, finish := make(chan struct{}), make(chan struct{})
	h.app.answers(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "begun, ")
		w.(http.Flusher).Flush()
		close(running)
		<-finish
		io.WriteString(w, "finished")
	})
	conn := h.connect(t)
	io.WriteString(conn, http2.ClientPreface)
	framer := http2.NewFramer(conn, conn.r)
	framer.WriteSettings()
	framer.WriteHeaders(http2.HeadersFrameParam{
		StreamID: 1, EndStream: true, EndHeaders: true,
		BlockFragment: hpacked([2]string{":method", "GET"}, [2]string{":scheme", "https"}, [2]string{":authority", "app.example.test"}, [2]string{":path", "/public/x"}),
	})
	<-running
	h.stop()
	told, body := false, ""
	for !strings.HasSuffix(body, "finished") {
		frame, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("after %q: %v", body, err)
		}
		switch f := frame.(type) {
		case *http2.GoAwayFrame:
			if !told {
				told = true
				close(finish)
			}
		case *http2.DataFrame:
			body += string(f.Data())
		}
	}
	if body != "begun, finished" {
		t.Errorf("the stream got %q", body)
	}
	conn.Close()
	h.close()
}

// TestDrainIsDoneWhenNothingRuns: a connection that says nothing is no request,
// and its end at the deadline no cut.
func TestDrainIsDoneWhenNothingRuns(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(simple, "listen: 127.0.0.1:0", "listen: 127.0.0.1:0\n  shutdown_timeout: 300ms", 1))
	h.connect(t) // says nothing, as a balancer's check does
	h.close()    // no cut: nothing ran
}

// TestServiceManagerIsTold when the gateway is ready, reloads and stops.
func TestServiceManagerIsTold(t *testing.T) {
	t.Parallel()
	socket := filepath.Join(t.TempDir(), "notify")
	manager, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer manager.Close()
	manager.SetReadDeadline(time.Now().Add(10 * time.Second))
	told := func(want string) {
		t.Helper()
		message := make([]byte, 256)
		n, err := manager.Read(message)
		if err != nil || !strings.HasPrefix(string(message[:n]), want) {
			t.Fatalf("the manager is told %q, %v; want %q", message[:n], err, want)
		}
	}
	h := start(t, simple, reloadable, func(h *house, _ map[string]string) { h.notify = gateway.Notifier(socket) })
	told("READY=1")
	h.reload(deadEnd)
	told("RELOADING=1\nMONOTONIC_USEC=")
	told("READY=1")
	h.rewrite("nonsense: true")
	if _, err := h.server.Reload(); err == nil {
		t.Error("nonsense was loaded")
	}
	told("RELOADING=1")
	told("READY=1") // with the old configuration
	h.stop()
	told("STOPPING=1")
}

// TestNoReloadAfterTheEnd: a signal that comes late starts nothing again.
func TestNoReloadAfterTheEnd(t *testing.T) {
	t.Parallel()
	h := start(t, simple, reloadable)
	h.close()
	if _, err := h.server.Reload(); !errors.Is(err, gateway.ErrFixed) {
		t.Errorf("Reload after the end: %v", err)
	}
}

// TestInheritedListeners serve in place of opened ones.
func TestInheritedListeners(t *testing.T) {
	t.Parallel()
	public, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	spare, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := start(t, strings.Replace(simple, "listen: 127.0.0.1:0", "listen: 127.0.0.1:1", 1), // nobody may listen there
		func(h *house, _ map[string]string) {
			h.inherited = map[string]net.Listener{"public": public, "probe": spare}
		})
	if got := h.at("public"); got != public.Addr().String() {
		t.Errorf("the public listener is at %s", got)
	}
	h.browser().fetch("GET", home+"/public/x", "").fromApp()
	if _, err := net.Dial("tcp", spare.Addr().String()); err == nil {
		t.Error("an inherited socket that nobody serves is open")
	}
}

// TestInheritRefusesStrangers: sockets for another process are not ours.
func TestInheritRefusesStrangers(t *testing.T) {
	t.Setenv("LISTEN_PID", "1")
	t.Setenv("LISTEN_FDS", "1")
	if found, err := gateway.Inherit(); len(found) > 0 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if _, set := os.LookupEnv("LISTEN_FDS"); set {
		t.Error("the variables are handed on")
	}
}
