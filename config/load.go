package config

import (
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"
)

// LoadOptions is what loading depends on besides the file.
type LoadOptions struct {
	// Getenv looks up the variables of ${NAME}; os.Getenv fits. Without it
	// none is set.
	Getenv func(string) string
	// PlaceholderSecrets stands something of the right shape in for undefined
	// variables and unreadable files, so that a file can be checked where its
	// secrets are not at hand. Such a Config must not serve.
	PlaceholderSecrets bool
	// ReadFile reads the files that the configuration names. Default: regular
	// files of up to 1 MiB.
	ReadFile func(string) ([]byte, error)
	// ReadDir lists the directory of pages.templates. Default: os.ReadDir.
	ReadDir func(string) ([]fs.DirEntry, error)
	// Named is told of every file that the configuration names, also when it
	// cannot be loaded: mending one of them may mend the whole.
	Named func(string)
}

// Load reads the file at path. The error is Problems, sorted by line, and
// never holds a secret; all problems arrive together.
func Load(path string, getenv func(string) string) (*Config, error) {
	return LoadOptions{Getenv: getenv}.Load(path)
}

// Load is the function Load with options.
func (o LoadOptions) Load(path string) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, Problems{{File: path, Message: "the file " + fileProblem(err) +
			"; name it with --config, and see docs/configuration.md for the smallest useful one"}}
	}
	return o.Parse(path, data)
}

// Parse is Load for data that is at hand; name stands for the file in problems.
func (o LoadOptions) Parse(name string, data []byte) (*Config, error) {
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.ReadFile == nil {
		o.ReadFile = readFile
	}
	if o.ReadDir == nil {
		o.ReadDir = os.ReadDir
	}
	r := &report{file: name, places: map[path]place{}, broken: map[path]bool{}}
	document, ok := r.parseYAML(data)
	r.lines = strings.Split(string(data), "\n")
	if !ok {
		return nil, r.problems.sorted()
	}
	expand := &expander{getenv: o.Getenv, readFile: o.ReadFile, placeholders: o.PlaceholderSecrets}
	d := &decoder{report: r, expand: expand}
	c := &Config{report: r, text: data, placeholders: o.PlaceholderSecrets}
	d.value(document, reflect.ValueOf(c).Elem(), field{}, root)
	check := &checker{report: r, config: c, readFile: o.ReadFile, readDir: o.ReadDir, placeholders: o.PlaceholderSecrets}
	if !r.broken[root] {
		check.all()
	}
	c.files = unique(append(expand.files, check.files...))
	if o.Named != nil {
		for _, name := range c.files {
			o.Named(name)
		}
	}
	if len(r.problems) > 0 {
		return nil, r.problems.sorted()
	}
	for _, note := range check.notes.sorted() {
		c.warnings = append(c.warnings, note.Error())
	}
	return c, nil
}

// Files lists the files that the configuration names, sorted: those of
// ${file:…}, certificates, keys, roots, and what the pages are made of. When one changes, reload.
func (c *Config) Files() []string { return slices.Clone(c.files) }

// Warnings lists what an operator should know though it is allowed: everything
// switched on with an insecure_ key, and what has no effect as written. Each
// begins with its place, as problems do.
func (c *Config) Warnings() []string { return slices.Clone(c.warnings) }

// Placeholders reports whether secrets may be placeholders: such a Config is
// for looking at, not for serving.
func (c *Config) Placeholders() bool { return c.placeholders }

func unique(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
