// Package config says what the file says: every value typed, every mistake
// with its line.
//
//	bytes ─ parseYAML ─ nodes ─ decoder ─ *Config ─ checker ─ *Config or Problems
//	                            │ expands ${…}       │ holds values against each other
//	                            │ types, defaults    │ resolves policies, reads named files
//
// The decoder walks the nodes along the struct types of this package and their
// tags, which also make the JSON Schema and docs/configuration.md; a report
// remembers where every value stands, so that the checks of check_*.go can name
// the line. All problems arrive together as Problems, sorted by line, and hold
// no secret. A *Config that Load returns is complete (defaults filled in,
// references resolved, named files readable) and never changes afterwards.
package config
