package config

import (
	"bytes"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// Reference writes docs/configuration.md: the rules of the file, then a table
// for each block from the tags that the decoder reads, with an example that
// loads.
func Reference(w io.Writer) error {
	var b bytes.Buffer
	b.WriteString(referenceIntro)
	for _, c := range referenceChapters {
		fmt.Fprintf(&b, "\n%s %s\n\n%s\n\n", c.level, c.title, c.intro)
		b.WriteString("| key | type | default | meaning |\n|---|---|---|---|\n")
		for _, f := range fieldsOf(c.block) {
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.key, kindName(f), fallbackText(f), cell(meaning(f)))
		}
		if c.after != "" {
			fmt.Fprintf(&b, "\n%s\n", c.after)
		}
		if c.example != "" {
			fmt.Fprintf(&b, "\n```yaml\n%s```\n", c.example)
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// kindName is a type in the words of the introduction.
func kindName(f field) string {
	t, many := f.kind, ""
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Slice {
		t, many = t.Elem(), "list of "
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[Duration]():
		return many + "duration"
	case reflect.TypeFor[Time]():
		return many + "moment"
	case reflect.TypeFor[Size]():
		return many + "size"
	case reflect.TypeFor[Count](), reflect.TypeFor[Share]():
		return many + "number"
	case reflect.TypeFor[Secret]():
		return many + "secret"
	case reflect.TypeFor[URL]():
		return many + "URL"
	case reflect.TypeFor[Prefix](), reflect.TypeFor[Trusted]():
		return many + "CIDR"
	case reflect.TypeFor[Address]():
		return many + "address"
	case reflect.TypeFor[Scalar]():
		return many + "scalar"
	case reflect.TypeFor[Regexp]():
		return many + "expression"
	case reflect.TypeFor[TestClaims]():
		return "map of claims"
	case reflect.TypeFor[TestHeaders]():
		return "map of text or null"
	case reflect.TypeFor[Expr]():
		return many + "CEL expression"
	case reflect.TypeFor[RoutePolicy]():
		return "name or list of [rule](#rules)"
	case reflect.TypeFor[Headers]():
		return "map of [header](#headers)"
	}
	switch t.Kind() {
	case reflect.Struct:
		return many + "[block](#" + anchor(t) + ")"
	case reflect.Map:
		if t.Elem().Kind() == reflect.String {
			return "map of text"
		}
		return "map of [rules](#rules)"
	case reflect.Bool:
		return "true or false"
	}
	if len(f.enum) > 0 {
		return many + "word"
	}
	return many + "text"
}

func anchor(t reflect.Type) string {
	for _, c := range referenceChapters {
		if c.block == t {
			return strings.NewReplacer(" ", "-", ".", "").Replace(c.title)
		}
	}
	return ""
}

func fallbackText(f field) string {
	switch {
	case f.kind.Kind() == reflect.Bool && !f.hasFallback:
		return "`false`"
	case !f.hasFallback:
		return ""
	}
	return "`" + f.fallback + "`"
}

// meaning is the field's sentence, and its words where the sentence has not all.
func meaning(f field) string {
	for _, word := range f.enum {
		if !strings.Contains(f.doc, word) {
			return f.doc + " One of `" + strings.Join(f.enum, "`, `") + "`."
		}
	}
	return f.doc
}

// cell keeps a sentence inside its table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace(text)
}
