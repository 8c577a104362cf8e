package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// defaultAuthPath is where Gatehouse's own addresses live unless told.
const defaultAuthPath = "/.auth"

//go:embed templates
var files embed.FS

//go:embed style.css
var styleSheet string

// Options say whose pages these are. The zero Options give Gatehouse's own look.
type Options struct {
	// AuthPath is where our own addresses live, without a final slash;
	// "" means /.auth.
	AuthPath string
	// Title is the name at the head of every page; "" means Gatehouse.
	Title string
	// Support is whom to ask for help: an e-mail address, an http or https
	// URL, or a few words of plain text.
	Support string
	// Logo is a picture to stand beside the title: the name of an SVG, PNG,
	// JPEG, GIF or WebP file of at most 64 KiB, or a data:image/ URL. New
	// reads it once and embeds it. It stands on light and on dark ground.
	Logo string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Pages writes all pages and plain answers. It is immutable and safe for
// concurrent use.
type Pages struct {
	authPath  string
	brand     brand
	now       func() time.Time
	templates map[string]*template.Template
}

// New prepares the pages. It fails on an AuthPath that is no path and on a
// Logo that cannot be read or is no picture.
func New(o Options) (*Pages, error) {
	p := &Pages{authPath: o.AuthPath, now: o.Now}
	if p.authPath == "" {
		p.authPath = defaultAuthPath
	}
	if address(p.authPath) != p.authPath || p.authPath[0] != '/' ||
		strings.HasSuffix(p.authPath, "/") || strings.ContainsAny(p.authPath, "?#") {
		return nil, fmt.Errorf("auth path %q is not a path without a final slash", o.AuthPath)
	}
	if p.now == nil {
		p.now = time.Now
	}
	var err error
	if p.brand, err = newBrand(o); err != nil {
		return nil, err
	}
	if p.templates, err = parseTemplates(); err != nil {
		return nil, err
	}
	return p, nil
}

// parseTemplates gives every page its own copy of the layout.
func parseTemplates() (map[string]*template.Template, error) {
	layout, err := template.New("layout.html").
		Funcs(template.FuncMap{"address": address}).
		ParseFS(files, "templates/layout.html")
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	out := map[string]*template.Template{}
	for _, name := range []string{"error", "chooser", "home", "signed_out", "confirm_sign_out"} {
		t, err := layout.Clone()
		if err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
		if out[name], err = t.ParseFS(files, "templates/"+name+".html"); err != nil {
			return nil, fmt.Errorf("parse page %s: %w", name, err)
		}
	}
	return out, nil
}

// view is what a template is given. Heading is both the page's title and its
// only h1; Gate is the class that opens or shuts the portcullis.
type view struct {
	Heading string
	Gate    string
	Brand   brand
	Style   template.CSS
	Page    any
}

const (
	gateOpen = "open"
	gateShut = "shut"
)

// html renders the named page and writes it. formAction is the content
// security policy's directive of that name, see contentSecurity.
func (p *Pages) html(w http.ResponseWriter, r *http.Request, status int, formAction, name string, v view) error {
	v.Brand, v.Style = p.brand, template.CSS(styleSheet)
	var body bytes.Buffer
	if err := p.templates[name].Execute(&body, v); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	SetHeaders(w.Header(), secure(r))
	w.Header().Set("Content-Security-Policy", contentSecurity(formAction))
	write(w, r, status, "text/html; charset=utf-8", body.Bytes())
	return nil
}

// write sends a whole answer; HEAD gets its headers only. What an earlier
// plan for this answer said about another body is taken back.
func write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	for _, stale := range []string{"Content-Encoding", "Content-Range", "Accept-Ranges", "Etag", "Last-Modified", "Trailer"} {
		h.Del(stale)
	}
	if contentType == "" {
		h.Del("Content-Type")
	} else {
		h.Set("Content-Type", contentType)
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // a client that is gone needs no answer
	}
}
