package examples_test

import (
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// others are the files that are not Gatehouse's own.
var others = []string{"compose.yaml", "dex.yaml", "sidecar/compose.yaml", "forward-auth-traefik.yaml", "forward-auth-traefik-compose.yaml", "forward-auth-envoy.yaml", "sidecar/pod.yaml"}

// every lists all examples of a kind, by their path below this directory.
func every(t *testing.T, extension string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && filepath.Ext(path) == extension {
			found = append(found, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// gatehouseFiles lists the examples that the gateway runs.
func gatehouseFiles(t *testing.T) []string {
	t.Helper()
	files := slices.DeleteFunc(every(t, ".yaml"), func(f string) bool { return slices.Contains(others, f) })
	if len(files) < 10 {
		t.Fatalf("found only %q", files)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// load reads an example as "gatehouse check --placeholder-secrets" does.
func load(t *testing.T, name, text string) *config.Config {
	t.Helper()
	c, err := config.LoadOptions{PlaceholderSecrets: true}.Parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func compile(t *testing.T, c *config.Config) *gateway.Build {
	t.Helper()
	b, err := gateway.Compile(c, nil, gateway.Process{
		Log:     slog.New(slog.DiscardHandler),
		Metrics: telemetry.NewMetrics(telemetry.Build{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func TestEveryExampleCompiles(t *testing.T) {
	for _, file := range gatehouseFiles(t) {
		t.Run(file, func(t *testing.T) { compile(t, load(t, file, read(t, file))) })
	}
}

// TestExamplesAreNotWarnedAbout: what people copy gives them nothing to wonder
// about. Two are allowed the warning that their first lines explain.
func TestExamplesAreNotWarnedAbout(t *testing.T) {
	for _, file := range gatehouseFiles(t) {
		if file == "minimal.yaml" || file == "forward-auth.yaml" {
			continue
		}
		for _, warning := range load(t, file, read(t, file)).Warnings() {
			t.Error(warning)
		}
	}
}

// TestExamplesHoldNoSecrets: they come from the environment or from files. Dex
// and what talks to it are for trying out, and say so.
func TestExamplesHoldNoSecrets(t *testing.T) {
	for _, file := range gatehouseFiles(t) {
		for line := range strings.Lines(read(t, file)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.Contains(key, "secret") && !strings.HasPrefix(key, "#") && !strings.Contains(value, "${") {
				t.Errorf("%s: %s", file, line)
			}
		}
	}
}

func TestExamplesExplainThemselves(t *testing.T) {
	for _, file := range append(every(t, ".yaml"), every(t, ".conf")...) {
		var words []string
		for line := range strings.Lines(read(t, file)) {
			comment, ok := strings.CutPrefix(line, "#")
			if !ok {
				break
			}
			words = append(words, strings.Fields(comment)...)
		}
		if len(words) < 20 {
			t.Errorf("%s: its first lines do not say what it is for: %q", file, words)
		}
	}
}

func TestIndexNamesEveryExample(t *testing.T) {
	index := read(t, "README.md")
	for _, file := range append(every(t, ".yaml"), every(t, ".conf")...) {
		if !strings.Contains(index, "("+file+")") && !strings.Contains(index, "("+filepath.Dir(file)+")") {
			t.Errorf("README.md does not name %s", file)
		}
	}
}
