package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake, with the place where it is mended.
type Problem struct {
	File string
	// Line and Col count from 1; both are 0 when the whole file is meant.
	Line, Col int
	// Path is the key as people write it, "routes[2].to"; empty for the file.
	Path string
	// Message is one sentence, lower case, without a full stop. It never holds
	// a secret nor anything that came out of an expansion.
	Message string
}

// Error is "gatehouse.yaml:14:9: routes[2].to: unknown scheme …".
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Col)
	}
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path + ": ")
	}
	b.WriteString(p.Message)
	return b.String()
}

// Problems is everything wrong with a file, in the file's order. It is the
// error of Load.
type Problems []Problem

// Error is one line for each problem.
func (p Problems) Error() string {
	lines := make([]string, len(p))
	for i, problem := range p {
		lines[i] = problem.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted puts problems into the file's order and drops repetitions, which
// arise where an alias brings the same lines twice to one place.
func (p Problems) sorted() Problems {
	slices.SortStableFunc(p, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Col, b.Col),
			cmp.Compare(a.Path, b.Path),
		)
	})
	return slices.Compact(p)
}
