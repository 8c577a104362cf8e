package page

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxTemplate bounds a file of the operator's.
const maxTemplate = 64 << 10

// readTemplates reads an operator's directory, by file name; dir may be "".
// Names that begin with a dot are left alone: git, editors and the volumes of
// Kubernetes keep house there.
func readTemplates(dir string) (theirs map[string]string, problems []error) {
	if dir == "" {
		return nil, nil
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, []error{withoutPath(err)}
	}
	known := append(pageFiles(), layoutFile, styleFile)
	slices.Sort(known)
	theirs = map[string]string{}
	for _, entry := range entries {
		name := entry.Name()
		if strings.HasPrefix(name, ".") {
			continue
		}
		if !slices.Contains(known, name) {
			problems = append(problems, fmt.Errorf("%s: is none of %s", name, strings.Join(known, ", ")))
			continue
		}
		data, err := readBounded(filepath.Join(dir, name), maxTemplate)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", name, err))
			continue
		}
		theirs[name] = string(data)
	}
	return theirs, problems
}

// readBounded reads a regular file of at most limit bytes, a multiple of 1 KiB.
// A device would never end, and a pipe never begin.
func readBounded(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, withoutPath(err)
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("is not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, withoutPath(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, withoutPath(err)
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("is larger than %d KiB", limit>>10)
	}
	return data, nil
}

// withoutPath leaves away the name, which whoever reports the error knows, and
// may not want to see in a log.
func withoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
