//go:build !race

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// gatehouse runs this test's binary as the program.
func gatehouse(args ...string) *exec.Cmd {
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Args[0] = "gatehouse"
	return cmd
}

// TestTheStartStaysLight bounds what packages make before main begins, whether
// it is needed or not: for each command, and on every start. It was 1.1 MB in
// 8,500 pieces.
func TestTheStartStaysLight(t *testing.T) {
	cmd := gatehouse("version")
	cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	trace, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, trace)
	}
	size, pieces, heaviest := 0, 0, ""
	most := 0
	for line := range strings.Lines(string(trace)) {
		var name string
		var at, took float64
		var bytes, allocs int
		if _, err := fmt.Sscanf(line, "init %s @%f ms, %f ms clock, %d bytes, %d allocs", &name, &at, &took, &bytes, &allocs); err != nil {
			continue
		}
		size, pieces = size+bytes, pieces+allocs
		if bytes > most {
			most, heaviest = bytes, name
		}
	}
	if size == 0 || size > 1400<<10 || pieces > 11_000 {
		t.Errorf("%d bytes in %d pieces before main begins, most of them by %s", size, pieces, heaviest)
	}
}

// TestIdleTakesLittleMemory waits until a gateway that does nothing is small.
func TestIdleTakesLittleMemory(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	file := filepath.Join(t.TempDir(), "gatehouse.yaml")
	if err := os.WriteFile(file, []byte(`
server: {listen: "`+address+`", admin: {listen: "127.0.0.1:0"}}
session: {keys: ["5f1d7a90c4e26b8833a1f04d9be7520c6d8e41f7a23b95c0e17f6482d0a9b35c"]}
providers: [{name: idp, type: oidc, issuer: "http://127.0.0.1:9", client_id: gatehouse, client_secret: secret-of-many-bytes}]
routes: [{from: "http://app.localhost", to: "http://127.0.0.1:9", policy: [{allow: {group: staff}}]}]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := gatehouse("serve", "--config", file)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	defer func() {
		cmd.Process.Signal(syscall.SIGTERM)
		<-over
	}()
	const limit = 20 << 10
	resident, began := 0, time.Now()
	for ; time.Since(began) < time.Minute; time.Sleep(50 * time.Millisecond) {
		if len(over) > 0 {
			t.Fatalf("it ended:\n%s", log.String())
		}
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			if resident = statusOf(t, strconv.Itoa(cmd.Process.Pid), "VmRSS:"); resident < limit {
				t.Logf("%d KiB", resident)
				return
			}
		}
	}
	t.Errorf("%d KiB resident, want less than %d\n%s", resident, limit, log.String())
}
