package e2e

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write docs/images/demo.png anew")

// gatehouse is the binary under test.
var gatehouse string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(run(m))
}

// run is TestMain with its deferred calls.
func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "gatehouse-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	defer closeBrowser()
	if gatehouse = os.Getenv("GATEHOUSE_BINARY"); gatehouse == "" {
		gatehouse = filepath.Join(dir, "gatehouse")
		build := exec.Command("go", "build", "-trimpath", "-o", gatehouse, "./cmd/gatehouse")
		build.Dir, build.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
		if output, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "build gatehouse: %v\n%s", err, output)
			return 1
		}
	}
	return m.Run()
}

// program finds a program that a test needs by one of its names, the first
// being its Debian package's, or skips the test; with CI=true nothing may be
// skipped.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	message := names[0] + " is not installed"
	if os.Getenv("CI") == "true" {
		t.Fatal(message + ", and in CI nothing may be skipped")
	}
	t.Skip(message)
	return ""
}
