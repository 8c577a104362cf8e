package config

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// maxFileSize bounds the configuration and every file that a ${file:…} names.
const maxFileSize = 1 << 20

// expander replaces ${NAME}, ${NAME:-default} and ${file:/path} in scalars.
// What comes out is not looked at again, so a secret may hold "${".
type expander struct {
	getenv       func(string) string
	readFile     func(string) ([]byte, error)
	placeholders bool
	files        []string       // named so far, for reload
	missing      map[string]int // undefined references, numbered
}

// expansion is one scalar, expanded.
type expansion struct {
	text string
	refs []string // "${NAME}" for each, without its default
}

// missingError is a reference to nothing, which placeholders may stand in for.
type missingError string

func (e missingError) Error() string { return string(e) }

// expand returns an error whose text is fit for a Problem: it names variables
// and files, never their content nor a default. placeholder stands for a scalar
// that is one undefined reference and nothing else.
func (e *expander) expand(text, placeholder string) (expansion, error) {
	var out strings.Builder
	var done expansion
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "${")
		if !found {
			out.WriteString(rest)
			break
		}
		if strings.HasSuffix(before, "$") {
			out.WriteString(before + "{")
			rest = after
			continue
		}
		out.WriteString(before)
		body, tail, closed := strings.Cut(after, "}")
		if !closed {
			return done, errors.New("has a ${ without its }; write $${ for a literal ${")
		}
		ref, value, err := e.resolve(body)
		if missing := (missingError)(""); err != nil && !(e.placeholders && errors.As(err, &missing)) {
			return done, err
		}
		if err != nil {
			value = "placeholder"
			if text == "${"+body+"}" {
				value = placeholder
			}
			value = e.number(ref, value)
		}
		done.refs = append(done.refs, "${"+ref+"}")
		out.WriteString(value)
		rest = tail
	}
	done.text = out.String()
	return done, nil
}

// number makes placeholders of different references differ, lest two names or
// addresses seem to be one.
func (e *expander) number(ref, placeholder string) string {
	if e.missing == nil {
		e.missing = map[string]int{}
	}
	if _, known := e.missing[ref]; !known {
		e.missing[ref] = len(e.missing) + 1
	}
	return strings.ReplaceAll(placeholder, "placeholder", "placeholder"+strconv.Itoa(e.missing[ref]))
}

// resolve looks up what stands between the braces; ref is that without a default.
func (e *expander) resolve(body string) (ref, value string, err error) {
	if name, ok := strings.CutPrefix(body, "file:"); ok {
		value, err = e.file(name)
		return body, value, err
	}
	name, fallback, hasDefault := strings.Cut(body, ":-")
	if !variableName(name) {
		return "…", "", errors.New("has a ${…} that is neither ${NAME}, ${NAME:-default} nor ${file:/path}; write $${ for a literal ${")
	}
	if value = e.getenv(name); value != "" {
		return name, value, nil
	}
	if !hasDefault {
		return name, "", missingError("environment variable " + name + " is not set or empty; export it before starting")
	}
	return name, fallback, nil
}

func (e *expander) file(name string) (string, error) {
	if name == "" {
		return "", errors.New("${file:} names no file; write ${file:/path}")
	}
	e.files = append(e.files, name)
	data, err := e.readFile(name)
	if err != nil {
		return "", missingError("file " + quote(name) + " " + fileProblem(err))
	}
	text := strings.TrimSuffix(string(data), "\n")
	return strings.TrimSuffix(text, "\r"), nil
}

func variableName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !(c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}

var (
	errNotRegular = errors.New("not a regular file")
	errTooLarge   = errors.New("too large")
)

// fileProblem says why a file cannot be used, without repeating its name.
func fileProblem(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(err, fs.ErrPermission):
		return "may not be read by this user; change its owner or mode"
	case errors.Is(err, errNotRegular):
		return "is not a regular file"
	case errors.Is(err, errTooLarge):
		return "is larger than 1 MiB"
	}
	return "cannot be read"
}

// readFile reads a regular file of at most maxFileSize. A device would never
// end, and a pipe could be read only once, not again at the next reload.
func readFile(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotRegular
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err == nil && len(data) > maxFileSize {
		return nil, errTooLarge
	}
	return data, err
}
