package gateway

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-proxy/gatehouse/config"
)

// files are the configuration file and those that it names, as the last attempt
// to load them found them.
type files struct {
	root    string
	changed chan struct{} // holds one token when names differ from before

	mu    sync.Mutex // guards the rest
	names []string
	state string
}

// newFiles begins with what c, which runs, was made of.
func newFiles(from *Source, c *config.Config) *files {
	f := &files{changed: make(chan struct{}, 1)}
	if from != nil {
		f.root = from.File
		f.follow(c.Files())
	}
	return f
}

// follow notes what an attempt to load named, and how that looks now.
func (f *files) follow(named []string) {
	names := append([]string{f.root}, named...)
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(names, f.names) {
		f.names = names
		select {
		case f.changed <- struct{}{}:
		default:
		}
	}
	f.state = look(names)
}

// differ reports whether a file looks different than at the last attempt, and
// notes how it looks now.
func (f *files) differ() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := look(f.names)
	differs := now != f.state
	f.state = now
	return differs
}

// directories are where a change of the files shows: their own, and those of
// every symbolic link on the way to them. A ConfigMap is changed by swapping a
// link two steps away from the file.
func (f *files) directories() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var dirs []string
	for _, name := range f.names {
		dirs = append(dirs, way(name)...)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

// look describes where names lead and what is there, without reading it.
func look(names []string) string {
	var b strings.Builder
	for _, name := range names {
		target, err := filepath.EvalSymlinks(name)
		if err != nil {
			fmt.Fprintf(&b, "%s: %v\n", name, err)
			continue
		}
		info, err := os.Stat(target)
		if err != nil {
			fmt.Fprintf(&b, "%s: %v\n", name, err)
			continue
		}
		fmt.Fprintf(&b, "%s: %s %d %d %s\n", name, target, info.Size(), info.ModTime().UnixNano(), info.Mode())
	}
	return b.String()
}

// maxLinks is how many symbolic links are followed, as in Linux.
const maxLinks = 40

// way lists the directories of name and of each symbolic link that leads to it.
func way(name string) []string {
	path, err := filepath.Abs(name)
	if err != nil {
		return nil
	}
	dirs := []string{filepath.Dir(path)}
	links := 0
	for at, rest := "/", strings.Split(path, "/"); len(rest) > 0 && links <= maxLinks; {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		target, err := os.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		links++
		dirs = append(dirs, filepath.Dir(next))
		if filepath.IsAbs(target) {
			at = "/"
		}
		rest = append(strings.Split(target, "/"), rest...)
		if len(rest) > 0 {
			dirs = append(dirs, filepath.Dir(filepath.Join(append([]string{at}, rest...)...)))
		}
	}
	return dirs
}
