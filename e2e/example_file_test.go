package e2e

import (
	"os"
	"strings"
	"testing"
)

// example reads a file of ../examples and puts this machine's addresses into
// it: pairs of what stands there and what takes its place. Each must stand there.
func example(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	data, err := os.ReadFile("../examples/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(data), pairs[i]) {
			t.Fatalf("%s holds no %q any more", name, pairs[i])
		}
	}
	return strings.NewReplacer(pairs...).Replace(string(data))
}
