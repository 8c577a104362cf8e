package config

import (
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// Pages is the `pages` block: whose house it looks like. The package page says
// what a picture and a template must be; whoever builds the pages reports that
// with Config.Problem.
type Pages struct {
	Title     string `yaml:"title" default:"Gatehouse" doc:"Name at the head of every page and in its title, at most 80 characters."`
	Logo      string `yaml:"logo" doc:"Picture beside the title: an SVG, PNG, JPEG, GIF or WebP file of at most 64 KiB, or a data:image/ URL. It is embedded in the page and stands on light and on dark ground."`
	Templates string `yaml:"templates" doc:"Directory whose files take the place of Gatehouse's templates by name, and whose style.css is added to the style sheet; see docs/pages.md."`
	Support   string `yaml:"support" doc:"Whom to ask for help, at the foot of every page: an e-mail address, an http or https URL, or a few words of at most 200 characters."`
}

const maxTitle, maxSupport = 80, 200

func (c *checker) pages(s *Pages, p path) {
	c.atMost(s.Title, maxTitle, p.key("title"))
	c.atMost(s.Support, maxSupport, p.key("support"))
	c.supportAddress(s.Support, p.key("support"))
	c.logo(s.Logo, p.key("logo"))
	c.templates(s.Templates, p.key("templates"))
}

func (c *checker) atMost(text string, limit int, p path) {
	if utf8.RuneCountInString(text) > limit {
		c.add(p, "is longer than %d characters", limit)
	}
}

// supportAddress: what looks like an address can be followed. Words need not.
func (c *checker) supportAddress(support string, p path) {
	if strings.HasPrefix(support, "mailto:") {
		c.add(p, "must be the e-mail address alone, without mailto:")
		return
	}
	scheme, rest, isURL := strings.Cut(support, "://")
	if isURL && (scheme != "https" && scheme != "http" || rest == "" || strings.ContainsAny(rest, " \\")) {
		c.add(p, "holds an address that browsers could not follow; write one http or https URL and nothing else, or words without a URL")
	}
}

// logo: a file can be read. What is none, package page judges.
func (c *checker) logo(logo string, p path) {
	if logo != "" && !strings.HasPrefix(logo, "data:") && !strings.Contains(logo, "://") {
		c.read(p, logo)
	}
}

// templates: the directory and the files that count can be read.
func (c *checker) templates(dir string, p path) {
	if dir == "" {
		return
	}
	entries, err := c.readDir(dir)
	if err != nil {
		if !c.placeholders {
			c.add(p, "directory %s %s", c.source(p).quote(dir), fileProblem(err))
		}
		return
	}
	for _, entry := range entries {
		hidden := strings.HasPrefix(entry.Name(), ".")
		if !hidden && slices.Contains([]string{".html", ".css"}, filepath.Ext(entry.Name())) {
			c.read(p, filepath.Join(dir, entry.Name()))
		}
	}
}

// Problem is for what comes out later than Load: err, said where the file says
// the value that keys lead to. As in every Problem, err must not repeat the
// value, which may have come out of an expansion.
func (c *Config) Problem(err error, keys ...string) Problem {
	return c.problem(err, root, keys)
}

// RouteProblem is Problem for what keys lead to in the i-th route.
func (c *Config) RouteProblem(err error, i int, keys ...string) Problem {
	return c.problem(err, root.key("routes").item(i), keys)
}

func (c *Config) problem(err error, p path, keys []string) Problem {
	for _, key := range keys {
		p = p.key(key)
	}
	later := report{file: c.report.file, places: c.report.places}
	later.add(p, "%s", err)
	return later.problems[0]
}
