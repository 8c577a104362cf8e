package examples_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// buildLine is the Dockerfile's go build, with its ARGs and output filled in.
func buildLine(t *testing.T, version, commit, out string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^RUN (CGO_ENABLED=0 go build .*) -o /gatehouse (\./cmd/gatehouse)$`).FindStringSubmatch(read(t, "../Dockerfile"))
	if m == nil {
		t.Fatal("the Dockerfile has no go build line of the form that this test knows")
	}
	return strings.NewReplacer("${VERSION}", version, "${COMMIT}", commit).Replace(m[1]) + " -o " + out + " " + m[2]
}

// TestDockerfileBuildsAStaticBinary runs the line that no CI without a Docker
// engine would run: the image is FROM scratch, so nothing could load a library.
func TestDockerfileBuildsAStaticBinary(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the image is for Linux")
	}
	out := filepath.Join(t.TempDir(), "gatehouse")
	build := exec.Command("sh", "-c", buildLine(t, "v1.2.3", "0123abc", out))
	build.Dir = ".."
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%s\n%v\n%s", build.Args, err, output)
	}
	binary, err := elf.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	defer binary.Close()
	for _, p := range binary.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the binary wants a dynamic loader")
		}
	}
	if libraries, err := binary.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("the binary wants %q (%v)", libraries, err)
	}
	said, err := exec.Command(out, "version").Output()
	if err != nil || !strings.Contains(string(said), "v1.2.3") || !strings.Contains(string(said), "0123abc") {
		t.Errorf("version says %q (%v)", said, err)
	}
}

// TestDockerfileKeepsItsPromises: a user that is not root, by number, and the
// files without which TLS and time zones fail in an empty image.
func TestDockerfileKeepsItsPromises(t *testing.T) {
	_, final, ok := strings.Cut(read(t, "../Dockerfile"), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the last stage is not FROM scratch")
	}
	for _, pattern := range []string{
		`(?m)^USER [1-9][0-9]*:[1-9][0-9]*$`,
		`(?m)^COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt$`,
		`(?m)^COPY --from=build /usr/share/zoneinfo /usr/share/zoneinfo$`,
		`(?m)^HEALTHCHECK .*CMD \["/gatehouse", "healthcheck", "--config", "/etc/gatehouse/gatehouse.yaml"\]$`,
		`(?m)^ENTRYPOINT \["/gatehouse"\]$`,
		`(?m)^EXPOSE 8080$`,
	} {
		if !regexp.MustCompile(pattern).MatchString(final) {
			t.Errorf("the last stage has no line like %s", pattern)
		}
	}
}

// TestDockerignoreLeavesWhatIsBuilt: a pattern that hides a source or an
// embedded file would show only where an image is built.
func TestDockerignoreLeavesWhatIsBuilt(t *testing.T) {
	var ignored []string
	for line := range strings.Lines(read(t, "../.dockerignore")) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			ignored = append(ignored, line)
		}
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.Command("go", "list", "-deps", "-f",
		`{{if .Module}}{{if .Module.Main}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{range .EmbedFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}{{end}}`,
		"./cmd/gatehouse")
	list.Dir, list.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	output, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	files := strings.Fields(string(output))
	if len(files) < 50 {
		t.Fatalf("go list names only %d files", len(files))
	}
	for _, file := range append(files, root+"/go.mod", root+"/go.sum") {
		relative := strings.TrimPrefix(filepath.ToSlash(file), filepath.ToSlash(root)+"/")
		for _, pattern := range ignored {
			if hides(pattern, relative) {
				t.Errorf("%s hides %s", pattern, relative)
			}
		}
	}
}

// hides reports whether a pattern of .dockerignore hides a file. Patterns
// begin at the root and cover what lies below; **/ means at any depth.
func hides(pattern, file string) bool {
	parts := strings.Split(file, "/")
	anywhere, ok := strings.CutPrefix(pattern, "**/")
	for i := range parts {
		if match, err := path.Match(pattern, strings.Join(parts[:i+1], "/")); err != nil || match {
			return true
		}
		if match, err := path.Match(anywhere, parts[i]); ok && (err != nil || match) {
			return true
		}
	}
	return false
}
