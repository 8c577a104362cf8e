package main

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestSocketActivation: the process serves on the sockets that systemd opened
// for it, told apart by their names, although the file names other addresses.
func TestSocketActivation(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "gatehouse.yaml")
	err := os.WriteFile(file, []byte(`
server: {listen: "unix:`+dir+`/not-opened.sock", admin: {listen: ""}, probe_listen: "unix:`+dir+`/neither.sock"}
session: {keys: ["5f1d7a90c4e26b8833a1f04d9be7520c6d8e41f7a23b95c0e17f6482d0a9b35c"]}
routes: [{from: "http://wiki.example.com", to: "http://127.0.0.1:1", policy: public, insecure_http: true}]
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	probe, probeAt := socket(t)
	public, publicAt := socket(t)
	// The variable holds the process's own number, as systemd writes it after it has forked.
	cmd := exec.Command("sh", "-c", `LISTEN_PID=$$ exec gatehouse serve --config "$0"`, file)
	cmd.Env = append(os.Environ(), "LISTEN_FDS=2", "LISTEN_FDNAMES=probe:public")
	cmd.ExtraFiles = []*os.File{probe, public}
	var said bytes.Buffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	probe.Close()
	public.Close()
	client := &http.Client{Timeout: 10 * time.Second} // the sockets listen already, so it waits
	for at, want := range map[string]int{"http://" + probeAt + "/healthz": 200, "http://" + publicAt + "/.auth/ok": 200, "http://" + publicAt + "/readyz": 421} {
		res, err := client.Get(at)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("%s: %d, want %d", at, res.StatusCode, want)
		}
	}
	client.CloseIdleConnections()
	cmd.Process.Signal(syscall.SIGTERM)
	if err := <-ended; err != nil {
		t.Errorf("it ended with %v:\n%s", err, said.String())
	}
}

// socket is a listening one, as a file to hand on, and its address.
func socket(t *testing.T) (*os.File, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	return file, l.Addr().String()
}
