package page

import (
	"cmp"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// defaultAuthPath is where Gatehouse's own addresses live unless told.
const defaultAuthPath = "/.auth"

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
	// Templates is a directory whose files take the place of our templates by
	// name, and whose style.css is added to our style sheet; docs/pages.md
	// describes them. "" means ours alone.
	Templates string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Pages writes all pages and plain answers. It is immutable and safe for
// concurrent use.
type Pages struct {
	authPath string
	look     look
	now      func() time.Time
}

// OptionError is what is wrong with one of the Options, such as "Logo".
type OptionError struct {
	Option string
	// Err begins with file and line when a template is wrong. It never repeats
	// the option's value.
	Err error
}

// Error is the option and what is wrong with it.
func (e *OptionError) Error() string { return e.Option + ": " + e.Err.Error() }

// Unwrap returns what is wrong.
func (e *OptionError) Unwrap() error { return e.Err }

// New prepares the pages and shows each once to nobody. It fails on an AuthPath
// that is no path, on a Logo that cannot be read or is no picture, and on
// Templates that do not parse or cannot show a page; its error joins an
// OptionError for each problem.
func New(o Options) (*Pages, error) {
	p := &Pages{authPath: cmp.Or(o.AuthPath, defaultAuthPath), now: o.Now}
	if p.now == nil {
		p.now = time.Now
	}
	if address(p.authPath) != p.authPath || p.authPath[0] != '/' ||
		strings.HasSuffix(p.authPath, "/") || strings.ContainsAny(p.authPath, "?#") {
		return nil, &OptionError{"AuthPath", errors.New("is not a path without a final slash")}
	}
	var err error
	if p.look, err = newLook(o); err != nil {
		return nil, err
	}
	return p, nil
}

// view is what a template is given. Heading is both the page's title and its
// only h1; Gate is the class that opens or shuts the portcullis.
type view struct {
	file    string // the page's template
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

// html renders a page and writes it. formAction is the content security
// policy's directive of that name, see contentSecurity.
func (p *Pages) html(w http.ResponseWriter, r *http.Request, status int, formAction string, v view) error {
	body, err := p.look.render(v)
	if err != nil {
		return fmt.Errorf("render page: %w", err)
	}
	SetHeaders(w.Header(), secure(r))
	w.Header().Set("Content-Security-Policy", contentSecurity(p.look.style.source, formAction))
	write(w, r, status, "text/html; charset=utf-8", body)
	return nil
}

// forget takes back what an earlier plan for this answer said about another body.
func forget(h http.Header) {
	for _, stale := range [...]string{"Content-Encoding", "Content-Range", "Accept-Ranges", "Etag", "Last-Modified", "Trailer"} {
		delete(h, stale)
	}
}

// write sends a whole answer; HEAD gets its headers only.
func write(w http.ResponseWriter, r *http.Request, status int, contentType string, body []byte) {
	h := w.Header()
	forget(h)
	h["Content-Type"] = []string{contentType}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // a client that is gone needs no answer
	}
}
