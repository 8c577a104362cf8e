package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
)

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
