package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestLogThatCannotBeWritten: a full disk, a reader that stopped
// reading, and one that ended.
// Requests are answered, a counter tells what was lost, and the end is clean.
func TestLogThatCannotBeWritten(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here")
	}
	defer full.Close()
	unread, blocked, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer unread.Close()
	defer blocked.Close()
	gone, deserted, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	defer deserted.Close()
	for name, to := range map[string]*os.File{"a full disk": full, "a pipe that nobody reads": blocked, "a pipe whose reader ended": deserted} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "gatehouse.yaml")
			err := os.WriteFile(file, []byte(`
server: {listen: "unix:`+dir+`/public.sock", admin: {listen: "unix:`+dir+`/admin.sock"}}
session: {keys: ["5f1d7a90c4e26b8833a1f04d9be7520c6d8e41f7a23b95c0e17f6482d0a9b35c"]}
routes: [{from: "http://wiki.example.com", to: "http://127.0.0.1:1", policy: public, insecure_http: true}]
`), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("gatehouse", "serve", "--config", file)
			cmd.Stderr = to
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			public, admin := over(dir+"/public.sock"), over(dir+"/admin.sock")
			defer public.CloseIdleConnections()
			defer admin.CloseIdleConnections()
			path := "/" + strings.Repeat("long/", 200) // a kilobyte a line
			lost := func() bool {
				res, err := admin.Get("http://localhost/metrics")
				if err != nil {
					return false
				}
				defer res.Body.Close()
				text, err := io.ReadAll(res.Body)
				return err == nil && strings.Contains(string(text), "gatehouse_log_lines_dropped_total") &&
					!strings.Contains(string(text), "gatehouse_log_lines_dropped_total 0\n")
			}
			deadline := time.Now().Add(60 * time.Second)
			for sent := 0; sent == 0 || !lost(); {
				if time.Now().After(deadline) {
					t.Fatalf("no line is lost after %d requests", sent)
				}
				for range 200 {
					res, err := public.Get("http://wiki.example.com" + path)
					if err != nil {
						if sent > 0 {
							t.Fatalf("a request waits for the log: %v", err)
						}
						time.Sleep(20 * time.Millisecond) // not listening yet
						break
					}
					io.Copy(io.Discard, res.Body)
					res.Body.Close()
					sent++
				}
			}
			cmd.Process.Signal(syscall.SIGTERM)
			select {
			case err := <-ended:
				if err != nil {
					t.Errorf("it ended with %v", err)
				}
			case <-time.After(20 * time.Second):
				cmd.Process.Kill()
				t.Error("it does not end")
			}
		})
	}
}

// over is a client that goes to a unix socket whatever the address says.
func over(socket string) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return net.Dial("unix", socket) },
	}}
}
