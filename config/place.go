package config

import (
	"fmt"
	"strconv"
	"strings"
)

// path names one value of the file: the keys and indexes that lead to it. Its
// own notation separates steps by NUL, because keys of maps may hold dots and
// brackets; display makes the notation that people read.
type path string

const root path = ""

func (p path) key(name string) path {
	return p + path("\x00."+strings.ReplaceAll(name, "\x00", "\uFFFD"))
}

func (p path) item(i int) path { return p + path("\x00#"+strconv.Itoa(i)) }

// split takes the last step off.
func (p path) split() (parent path, step string) {
	i := strings.LastIndexByte(string(p), 0)
	if i < 0 {
		return root, ""
	}
	return p[:i], string(p[i+1:])
}

// place is where a value stands in the file.
type place struct {
	line, col int
	display   string
	source    source
}

// source is where the text of a scalar came from.
type source struct {
	refs []string // the ${…} in it, without defaults
}

// quote shows part of a value in a message. What came out of an expansion is
// never shown, only which expansion it was: a variable in the wrong place is
// how secrets get into logs.
func (s source) quote(part string) string {
	if len(s.refs) > 0 {
		return strconv.Quote(strings.Join(s.refs, ""))
	}
	return quote(part)
}

// literal reports whether the file holds the value itself, so that messages
// may suggest something derived from it.
func (s source) literal() bool { return len(s.refs) == 0 }

// quote shows at most 80 characters.
func quote(text string) string {
	if runes := []rune(text); len(runes) > 80 {
		text = string(runes[:79]) + "…"
	}
	return strconv.Quote(text)
}

// report collects problems, and knows where everything stands.
type report struct {
	file     string
	lines    []string // of the file
	places   map[path]place
	broken   map[path]bool // values that could not be decoded
	problems Problems
}

// stand notes where the value at p is. single marks the only item of a list
// that was written as one value, which shares the list's name.
func (r *report) stand(p path, line, col int, single bool) {
	display := r.display(p)
	if single {
		parent, _ := p.split()
		display = r.display(parent)
	}
	r.places[p] = place{line: line, col: col, display: display}
}

// display is the path as people read it.
func (r *report) display(p path) string {
	if at, ok := r.places[p]; ok {
		return at.display
	}
	parent, step := p.split()
	if step == "" {
		return ""
	}
	before := r.display(parent)
	if step[0] == '#' {
		return before + "[" + step[1:] + "]"
	}
	name := step[1:]
	if !plainKey(name) {
		return before + "[" + quote(name) + "]"
	}
	if before == "" {
		return name
	}
	return before + "." + name
}

func plainKey(name string) bool {
	for i := range len(name) {
		c := name[i]
		if !(c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z') {
			return false
		}
	}
	return name != "" && len(name) <= 80
}

// present reports whether the file holds p, be it broken or under a misspelt key.
func (r *report) present(p path) bool {
	_, ok := r.places[p]
	return ok || r.broken[p]
}

// source returns the scalar at p as written.
func (r *report) source(p path) source { return r.places[p].source }

// add reports a problem of the value at p; where the file leaves it out, at
// what should hold it. Values that could not be decoded, and all in them, have
// had their problem and get no second one.
func (r *report) add(p path, format string, args ...any) {
	at, found := place{line: 1, col: 1}, false
	for q := p; ; {
		if r.broken[q] {
			return
		}
		if known, ok := r.places[q]; ok && !found {
			at, found = known, true
		}
		if q == root {
			break
		}
		q, _ = q.split()
	}
	r.addAt(at.line, at.col, r.display(p), format, args...)
}

func (r *report) addAt(line, col int, display, format string, args ...any) {
	r.problems = append(r.problems, Problem{
		File: r.file, Line: line, Col: col, Path: display,
		Message: fmt.Sprintf(format, args...),
	})
}

// reject is add for a value that could not be decoded.
func (r *report) reject(p path, format string, args ...any) {
	r.add(p, format, args...)
	r.broken[p] = true
}
