package main

import (
	"os"
	"runtime/debug"
)

// tuneGC trades a few MiB for CPU time: the live heap is so small that the
// collector's default would have it run dozens of times a second under load.
// GOGC, if the operator sets it, has the last word.
func tuneGC() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}

const gcPercent = 300

// trim gives back what only a start or a reload needed: the memory in which
// the file was read and compiled, and the program's pages that did it. Of the
// 25 MiB that are resident after a start 21 are such pages.
func trim() {
	debug.FreeOSMemory()
	forgetProgram()
}
