//go:build !linux

package main

// forgetProgram does nothing: only Linux has a way that is known to lose
// nothing.
func forgetProgram() {}
