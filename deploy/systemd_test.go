package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestUnitsAreSandboxed: systemd itself reads them without a complaint, and
// grades what is left to the service.
func TestUnitsAreSandboxed(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("systemd-analyze is not installed, and in CI nothing may be skipped")
		}
		t.Skip("systemd-analyze is not installed")
	}
	version, err := exec.Command(analyze, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	service := read(t, "systemd/gatehouse.service")
	if n, _ := strconv.Atoi(regexp.MustCompile(`\d+`).FindString(string(version))); n < 253 {
		// As its head says.
		service = strings.Replace(service, "Type=notify-reload", "Type=notify", 1)
		service = strings.Replace(service, "ReloadSignal=SIGHUP", "ExecReload=/bin/kill -HUP $MAINPID", 1)
	}
	dir := t.TempDir()
	// verify wants the program to be there.
	service = strings.Replace(service, "=/usr/local/bin/gatehouse ", "=/bin/true ", 1)
	for name, text := range map[string]string{"gatehouse.service": service, "gatehouse.socket": read(t, "systemd/gatehouse.socket")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := exec.Command(analyze, "verify", "gatehouse.service", "gatehouse.socket")
	verify.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":/lib/systemd/system:/usr/lib/systemd/system")
	verify.Dir = dir
	// Complaints about the machine's other units are not ours.
	output, err := verify.CombinedOutput()
	if err != nil || strings.Contains(string(output), "gatehouse") {
		t.Errorf("%v\n%s", err, output)
	}
	if output, err = exec.Command(analyze, "security", "--offline=true", "--threshold=20", filepath.Join(dir, "gatehouse.service")).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}
