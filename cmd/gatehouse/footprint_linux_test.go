package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
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
	if underRace {
		t.Skip("the race detector has a shadow of all memory")
	}
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

// statusOf reads a line of proc_pid_status(5), in KiB.
func statusOf(t *testing.T, pid, name string) int {
	t.Helper()
	data, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == name {
			n, err := strconv.Atoi(fields[1])
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("%s is not in /proc/%s/status", name, pid)
	return 0
}

// TestForgottenPagesComeBack: what runs after it is the same program.
func TestForgottenPagesComeBack(t *testing.T) {
	before := statusOf(t, "self", "RssFile:")
	for range 3 {
		forgetProgram()
		debug.FreeOSMemory() // walks stacks and types by the program's tables
	}
	if after := statusOf(t, "self", "RssFile:"); after >= before {
		t.Errorf("%d KiB of the program resident before, %d after", before, after)
	}
}

func TestOnlyUnchangedPagesOfTheProgramAreForgotten(t *testing.T) {
	const file = "/usr/bin/gatehouse"
	part := func(head string, anonymous, swap int) string {
		return fmt.Sprintf("%s\nSize: 4 kB\nPrivate_Dirty: 4 kB\nAnonymous: %d kB\nSwap: %d kB\nVmFlags: rd ex\n", head, anonymous, swap)
	}
	smaps := part("1000-2000 r-xp 00000000 fe:00 1 "+file, 0, 0) +
		part("2000-3000 r--p 00001000 fe:00 1 "+file, 0, 0) +
		part("3000-4000 r--p 00001000 fe:00 1 "+file, 4, 0) + // relocated
		part("4000-5000 r--p 00001000 fe:00 1 "+file, 0, 4) + // and swapped out
		part("5000-6000 rw-p 00001000 fe:00 1 "+file, 0, 0) +
		part("6000-7000 r--s 00001000 fe:00 1 "+file, 0, 0) +
		part("7000-8000 r-xp 00000000 fe:00 2 /usr/lib/libc.so", 0, 0) +
		part("8000-9000 r-xp 00000000 fe:00 1 "+file+" (deleted)", 0, 0) +
		part("9000-a000 rw-p 00000000 00:00 0", 0, 0) +
		part("ffff-10000 r-xp 00000000 00:00 0 [vdso]", 0, 0)
	got := programMappings([]byte(smaps), file)
	if want := []mapping{{0x1000, 0x2000}, {0x2000, 0x3000}}; !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	for _, odd := range []string{"", "x", "1000-2000", "zz-2000 r-xp 0 0 1 " + file + "\nVmFlags: rd\n", "VmFlags: rd ex\n"} {
		if got := programMappings([]byte(odd), file); len(got) != 0 {
			t.Errorf("%q: %x", odd, got)
		}
	}
}
