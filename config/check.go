package config

import (
	"crypto/x509"
	"io/fs"
)

// checker holds the decoded values against each other and against the files
// they name. Its methods are promises: each makes one, and reports at the value
// that breaks it.
type checker struct {
	*report
	config       *Config
	readFile     func(string) ([]byte, error)
	readDir      func(string) ([]fs.DirEntry, error)
	placeholders bool
	files        []string
	notes        Problems
}

func (c *checker) all() {
	c.server(&c.config.Server, root.key("server"))
	c.session(&c.config.Session, root.key("session"))
	c.providers(c.config.Providers, root.key("providers"))
	c.serviceTokens(c.config.ServiceTokens, root.key("service_tokens"))
	c.bearers(c.config.Bearer, root.key("bearer"))
	c.policies(c.config.Policies, root.key("policies"))
	c.assertion(&c.config.Assertion, root.key("assertion")) // before headers, which rewrites their names
	c.headers(c.config.Headers, root.key("headers"))
	c.routes(c.config.Routes, root.key("routes"))
	c.tests(c.config.Tests, root.key("tests"))
	c.compat(c.config.Compat, root.key("compat"))
	c.telemetry(&c.config.Telemetry, root.key("telemetry"))
	c.pages(&c.config.Pages, root.key("pages"))
	c.perProcess(c.config, root.key("session"))
	c.doubts()
}

// missing reports that block p lacks key.
func (c *checker) missing(p path, key, format string, args ...any) {
	if !c.present(p.key(key)) {
		c.add(p.key(key), format, args...)
	}
}

// note warns of something allowed.
func (c *checker) note(p path, format string, args ...any) {
	noted := report{file: c.file, places: c.places}
	noted.add(p, format, args...)
	c.notes = append(c.notes, noted.problems...)
}

// read returns the file that the value at p names.
func (c *checker) read(p path, name string) ([]byte, bool) {
	c.files = append(c.files, name)
	data, err := c.readFile(name)
	if err != nil && !c.placeholders {
		c.add(p, "file %s %s", c.source(p).quote(name), fileProblem(err))
	}
	return data, err == nil
}

// roots holds the file at p, if one is named, to at least one certificate.
func (c *checker) roots(p path, name string) {
	if name == "" {
		return
	}
	if data, ok := c.read(p, name); ok && !x509.NewCertPool().AppendCertsFromPEM(data) {
		c.add(p, "file %s holds no certificate in PEM form", c.source(p).quote(name))
	}
}
