package gatehouse_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

const module = "github.com/gatehouse-proxy/gatehouse/"

// floors say how high each room lies. Import arrows only go down; two rooms
// on one floor that want each other have something in common below both.
var floors = map[string]int{
	"cmd":       6,
	"gateway":   5,
	"proxy":     4,
	"login":     3,
	"provider":  2,
	"session":   2,
	"policy":    2,
	"machine":   3,
	"admin":     2,
	"assertion": 2,
	"identity":  1,
	"config":    1,
	"expr":      0,
	"acme":      1,
	"page":      1,
	"upstream":  1,
	"starter":   1,
	"telemetry": 1,
	"trace":     1,
	"rawconn":   0,
}

// apart are rooms that only cmd, each other and tests may enter.
var apart = map[string]bool{"attack": true, "bench": true, "devidp": true}

func TestImportsOnlyGoDown(t *testing.T) {
	for file, imports := range sources(t) {
		room, _, _ := strings.Cut(filepath.ToSlash(file), "/")
		if apart[room] {
			continue
		}
		floor, known := floors[room]
		if !known {
			t.Errorf("%s: %q is no room; give it a floor here and a line in docs/architecture.md", file, room)
			continue
		}
		for _, path := range imports {
			to, inside := strings.CutPrefix(path, module)
			if !inside {
				continue
			}
			to, _, _ = strings.Cut(to, "/")
			switch {
			case to == room, apart[to] && room == "cmd":
			case apart[to]:
				t.Errorf("%s imports %s, which only cmd and tests may", file, path)
			case floors[to] >= floor:
				t.Errorf("%s imports %s, which lies no lower", file, path)
			}
		}
	}
}

// TestDomainRoomsDoNotKnowTheFile keeps the rooms that decide independent of
// how they are configured.
func TestDomainRoomsDoNotKnowTheFile(t *testing.T) {
	for file, imports := range sources(t) {
		room, _, _ := strings.Cut(filepath.ToSlash(file), "/")
		if room == "cmd" || room == "gateway" || room == "bench" {
			continue
		}
		for _, path := range imports {
			if path == module+"config" && room != "config" {
				t.Errorf("%s imports config; take an option struct instead", file)
			}
		}
	}
}

// TestYAMLStaysInConfig keeps the archived YAML library behind one room.
func TestYAMLStaysInConfig(t *testing.T) {
	for file, imports := range sources(t) {
		for _, path := range imports {
			if strings.HasPrefix(path, "gopkg.in/yaml") && !strings.HasPrefix(file, "config") {
				t.Errorf("%s imports %s, which only config may", file, path)
			}
		}
	}
}

// sources are the imports of every non-test Go file of the module.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (path == "e2e" || path == "deploy" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != "."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		found[path] = []string{}
		for _, spec := range file.Imports {
			found[path] = append(found[path], strings.Trim(spec.Path.Value, `"`))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("found only %d source files", len(found))
	}
	return found
}
