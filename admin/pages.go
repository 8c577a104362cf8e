package admin

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"

	"github.com/gatehouse-proxy/gatehouse/page"
)

//go:embed templates
var files embed.FS

//go:embed admin.css
var ourStyle string

// Pages are what operators see in a browser, in the looks of room page. They
// are not the operator's to replace: what tells an operator about the gateway
// must not depend on the file that it is about.
type Pages struct {
	sheet     page.Sheet
	templates map[string]*template.Template
}

// NewPages parses the templates, which are compiled in.
func NewPages() *Pages {
	sheet, err := page.NewSheet(ourStyle)
	if err != nil {
		panic(err) // it is compiled in, or nothing works
	}
	p := &Pages{sheet: sheet, templates: map[string]*template.Template{}}
	for _, name := range []string{"sign_in.html", "try.html", "console.html"} {
		p.templates[name] = template.Must(template.ParseFS(files, "templates/layout.html", "templates/"+name))
	}
	return p
}

// view is what a template is given.
type view struct {
	Heading string
	Style   template.CSS
	Page    any
}

func (p *Pages) write(w http.ResponseWriter, r *http.Request, status int, file, heading string, content any) {
	var body bytes.Buffer
	if err := p.templates[file].Execute(&body, view{heading, p.sheet.Text, content}); err != nil {
		Fail(w, r, http.StatusInternalServerError, "internal", "The page could not be made; /api/state tells the same.")
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", p.sheet.ContentSecurity)
	w.WriteHeader(status)
	w.Write(body.Bytes()) // a client that is gone needs no page
}

// signIn asks for the token; to is where to go on with it.
func (p *Pages) signIn(w http.ResponseWriter, r *http.Request, to string, wrong bool) {
	p.write(w, r, http.StatusUnauthorized, "sign_in.html", "Show your token", struct {
		To    string
		Wrong bool
	}{localPath(to), wrong})
}
