package page

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"strings"
)

//go:embed templates
var files embed.FS

// layoutFile is around every page and shows the "main" that the page's own
// file defines.
const layoutFile = "layout.html"

// pageFiles are the templates of the pages.
func pageFiles() []string {
	return []string{"chooser.html", "confirm_sign_out.html", "error.html", "home.html", "signed_out.html"}
}

// look is what the pages are made of.
type look struct {
	brand     brand
	style     style
	templates map[string]*template.Template // layout and page, by the page's file
}

// newLook is ours with the brand, and with what the operator's directory
// replaces. Its error is all that is wrong, each an OptionError.
func newLook(o Options) (look, error) {
	var problems []error
	wrong := func(option string, err error) {
		if err != nil {
			problems = append(problems, &OptionError{option, err})
		}
	}
	theirs, errs := readTemplates(o.Templates)
	for _, err := range errs {
		wrong("Templates", err)
	}
	l := look{templates: map[string]*template.Template{}}
	var err error
	l.brand, err = newBrand(o)
	wrong("Logo", err)
	l.style, err = newStyle(theirs[styleFile])
	wrong("Templates", err)
	for _, err := range l.parse(theirs) {
		wrong("Templates", err)
	}
	if len(problems) == 0 {
		for _, err := range l.rehearse() {
			wrong("Templates", err)
		}
	}
	return l, errors.Join(problems...)
}

// parse gives every page its own copy of the layout.
func (l *look) parse(theirs map[string]string) (problems []error) {
	layout := template.New(layoutFile).Funcs(template.FuncMap{
		"address": address, "breakable": breakable, "unbroken": unbroken,
	})
	if _, err := layout.Parse(sourceOf(layoutFile, theirs)); err != nil {
		return []error{templateError(err)}
	}
	if layout.Tree == nil || !strings.Contains(layout.Tree.Root.String(), `{{template "main" `) {
		return []error{fmt.Errorf(`%s:1: lacks {{template "main" .}}, where the page itself goes`, layoutFile)}
	}
	for _, name := range pageFiles() {
		t, err := layout.Clone()
		if err == nil {
			_, err = t.New(name).Parse(sourceOf(name, theirs))
		}
		switch {
		case err != nil:
			problems = append(problems, templateError(err))
		case t.Lookup("main") == nil:
			problems = append(problems, fmt.Errorf(`%s:1: has no {{define "main"}} … {{end}}, which is what %s shows`, name, layoutFile))
		}
		l.templates[name] = t
	}
	return problems
}

// sourceOf is the operator's template of that name, or ours.
func sourceOf(name string, theirs map[string]string) string {
	if text, ok := theirs[name]; ok {
		return text
	}
	ours, err := files.ReadFile("templates/" + name)
	if err != nil {
		panic(err) // it is compiled in, or nothing works
	}
	return string(ours)
}

// render returns a whole page.
func (l *look) render(v view) ([]byte, error) {
	var body bytes.Buffer
	v.Brand, v.Style = l.brand, l.style.text
	if err := l.templates[v.file].Execute(&body, v); err != nil {
		return nil, templateError(err)
	}
	return body.Bytes(), nil
}

// templateError leaves away which library speaks, and Go's word for what may
// be anything: what is left begins with file and line.
func templateError(err error) error {
	text := strings.TrimPrefix(strings.TrimPrefix(err.Error(), "html/"), "template:")
	return errors.New(strings.TrimSpace(strings.TrimSuffix(text, " in type interface {}")))
}
