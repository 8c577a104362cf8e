package main

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// forgetProgram takes the pages of the program's file out of this process.
// Nothing is lost: they stay in the page cache, as they are in the file, and
// each that is needed again comes back for less than a microsecond. What cannot
// be read or done is left as it is.
func forgetProgram() {
	file, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return
	}
	for _, m := range programMappings(smaps, file) {
		_, _, _ = syscall.Syscall(syscall.SYS_MADVISE, m.start, m.end-m.start, syscall.MADV_DONTNEED)
	}
}

// mapping is a part of the address space.
type mapping struct{ start, end uintptr }

// programMappings lists the mappings of file that nobody can write to and that
// hold nothing but what is in the file: MADV_DONTNEED would throw away pages
// that were changed, as a loader does when it relocates a program, or a
// debugger. See proc_pid_smaps(5).
func programMappings(smaps []byte, file string) (list []mapping) {
	var m mapping
	eligible := false
	for line := range bytes.Lines(smaps) {
		fields := bytes.Fields(line)
		if len(fields) < 2 {
			return nil
		}
		name := string(fields[0])
		if name[len(name)-1] != ':' { // start-end perms offset device inode file
			from, to, _ := bytes.Cut(fields[0], []byte("-"))
			start, err1 := strconv.ParseUint(string(from), 16, strconv.IntSize)
			end, err2 := strconv.ParseUint(string(to), 16, strconv.IntSize)
			eligible = err1 == nil && err2 == nil && start < end && len(fields) == 6 && string(fields[5]) == file &&
				len(fields[1]) == 4 && fields[1][1] == '-' && fields[1][3] == 'p'
			m = mapping{uintptr(start), uintptr(end)}
			continue
		}
		switch name {
		case "Anonymous:", "Swap:":
			eligible = eligible && string(fields[1]) == "0"
		case "VmFlags:": // the last line of each
			if eligible {
				list = append(list, m)
			}
			eligible = false
		}
	}
	return list
}
