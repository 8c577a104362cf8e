package page

import (
	"cmp"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// WriteError answers with e: a page for whoever looks at one, JSON for
// everybody else. Of e only the safe parts leave the house; Detail and Cause
// do not. requestID may be empty.
//
// A 401 is a page for a Navigation only. Other refusals are a page for a
// submitted form too, so that a person whom a provider's form_post brought
// here is told what went wrong.
func (p *Pages) WriteError(w http.ResponseWriter, r *http.Request, e *Error, requestID string) {
	h := w.Header()
	status := e.status()
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(wholeSeconds(e.RetryAfter), 10))
	}
	if e.Close && r.ProtoMajor == 1 { // HTTP/2 would end everybody else's requests with it
		h.Set("Connection", "close")
	}
	// RFC 9110 section 15.5.2 asks for a challenge. Bearer (RFC 6750) is one
	// that no browser answers with a password box. A caller that has more to
	// say, as RFC 9470 does for step-up, has set its own.
	if status == http.StatusUnauthorized && h.Get("WWW-Authenticate") == "" {
		h.Set("WWW-Authenticate", `Bearer realm="gatehouse"`)
	}
	var err error
	if Navigation(r) || status != http.StatusUnauthorized && navigates(r) {
		err = p.html(w, r, status, noForms, p.errorView(r, e, requestID))
	} else {
		err = p.JSON(w, r, status, newErrorBody(e, requestID))
	}
	if err != nil { // an operator's template may still fail on what no sample had
		SetHeaders(h, secure(r))
		write(w, r, status, "text/plain; charset=utf-8", []byte(http.StatusText(status)+"\n"))
	}
}

func wait(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return span(time.Duration(wholeSeconds(d)) * time.Second)
}

// wholeSeconds rounds up, for a client that comes back too early is refused
// again (RFC 9110 section 10.2.3 has no fractions).
func wholeSeconds(d time.Duration) int64 { return int64((d-1)/time.Second) + 1 }

// errorBody is the JSON form of an Error.
type errorBody struct {
	Error     string `json:"error"`
	Reason    string `json:"reason"`
	RequestID string `json:"request_id"`
	LoginURL  string `json:"login_url,omitempty"`
}

func newErrorBody(e *Error, requestID string) errorBody {
	body := errorBody{Reason: e.Reason, RequestID: requestID}
	code := e.Reason
	switch e.status() {
	case http.StatusUnauthorized:
		code, body.LoginURL = "login_required", e.LoginURL
	case http.StatusForbidden:
		code = "forbidden"
	}
	body.Error = cmp.Or(e.Code, code, "error")
	return body
}

// errorPage is what the error page shows below its heading.
type errorPage struct {
	Status     int
	Text, Next string
	SignedInAs string
	Actions    []action // the first is the one to take
	Wait       string   // how long, when Retry-After says so
	Reason     string
	RequestID  string
}

// action is a link that looks like a button.
type action struct{ Label, URL string }

func (p *Pages) errorView(r *http.Request, e *Error, requestID string) view {
	s := p.storyOf(e)
	page := errorPage{
		Status:     e.status(),
		Text:       cmp.Or(e.Text, s.text),
		Next:       s.next,
		SignedInAs: e.SignedInAs,
		Actions:    p.actions(r, e),
		Wait:       wait(e.RetryAfter),
		Reason:     e.Reason,
		RequestID:  requestID,
	}
	return page.view(s.heading)
}

func (e errorPage) view(heading string) view {
	gate := gateShut
	if e.Status >= 500 {
		gate = gateOpen // nobody was turned away
	}
	return view{file: "error.html", Heading: heading, Gate: gate, Page: e}
}

// actions are the ways on from here, the best one first. Those whose address
// is not fit for a link are left out.
func (p *Pages) actions(r *http.Request, e *Error) []action {
	var out []action
	add := func(label, to string) {
		if to = address(to); to != "" {
			out = append(out, action{label, to})
		}
	}
	home := p.authPath + "/"
	switch status := e.status(); {
	case status == http.StatusMisdirectedRequest:
		return nil // nothing is served under this name
	case status == http.StatusUnauthorized:
		if to := cmp.Or(e.LoginURL, e.RetryURL); to != "" {
			add("Sign in", to)
		} else {
			add("See your apps", home) // signing in is no way in
		}
		return out
	case e.RetryURL != "":
		add("Try again", e.RetryURL)
	case transient(status):
		add("Try again", p.here(r))
	}
	if e.status() == http.StatusForbidden && e.SignedInAs != "" {
		add("Switch account", p.authPath+"/login?prompt=login&rd="+url.QueryEscape(cmp.Or(p.here(r), "/")))
	}
	if e.status() < 500 && r.URL.Path != home {
		add("See your apps", home)
	}
	return out
}

func transient(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// maxHere bounds the address that a page sends back as a parameter: escaped
// once more it has to fit into a request's head.
const maxHere = 2048

// here is the address of this page to come back to, or "" if coming back makes
// no sense: what was asked for is no GET, or one of our own addresses, which
// hold a spent code at times.
func (p *Pages) here(r *http.Request) string {
	own := r.URL.Path == p.authPath || strings.HasPrefix(r.URL.Path, p.authPath+"/")
	if own || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return ""
	}
	if at := r.URL.RequestURI(); len(at) <= maxHere {
		return localPath(at)
	}
	return ""
}
