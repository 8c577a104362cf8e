package config

import (
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files and the reference anew")

// golden compares got with the file, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s has drifted; run go test ./config -update and look at the difference (-file +now):\n%s", name, diff)
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	data, err := os.ReadFile("testdata/broken.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, err = LoadOptions{Getenv: variables, ReadFile: readTestFile, ReadDir: readTestDir}.Parse("broken.yaml", data)
	if err == nil {
		t.Fatal("the broken file loads")
	}
	golden(t, "testdata/broken.golden", err.Error()+"\n")
}
