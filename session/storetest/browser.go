package storetest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Browser keeps the cookies of one origin in the order it got them and checks
// the attributes of each.
type Browser struct {
	t       *testing.T
	Origin  *url.URL
	Cookies []*http.Cookie
}

// NewBrowser visits an origin, such as "https://wiki.example.com".
func NewBrowser(t *testing.T, origin string) *Browser {
	t.Helper()
	u, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{t: t, Origin: u}
}

// At is a browser with copies of b's cookies at another origin, as a thief has.
func (b *Browser) At(origin string) *Browser {
	other := NewBrowser(b.t, origin)
	for _, c := range b.Cookies {
		other.Put(c.Name, c.Value)
	}
	return other
}

// Copy is a second browser with the same cookies at the same origin.
func (b *Browser) Copy() *Browser { return b.At(b.Origin.String()) }

// Request is a request as the door hands it on.
func (b *Browser) Request() *http.Request {
	var pairs []string
	for _, c := range b.Cookies {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	r := &http.Request{
		Method: http.MethodGet, Host: b.Origin.Host, Header: http.Header{},
		URL: &url.URL{Scheme: b.Origin.Scheme, Host: b.Origin.Host, Path: "/"},
	}
	if len(pairs) > 0 {
		r.Header["Cookie"] = []string{strings.Join(pairs, "; ")}
	}
	return r
}

// Accept takes an answer's cookies, see AcceptHeader.
func (b *Browser) Accept(w *httptest.ResponseRecorder) {
	b.t.Helper()
	b.AcceptHeader(w.Header())
}

// AcceptHeader takes the cookies of an answer's header and fails the test if
// one is not as security demands: __Host- and Secure on https, HttpOnly,
// SameSite=Lax, Path=/, no Domain, a Max-Age, and each name once.
func (b *Browser) AcceptHeader(h http.Header) {
	b.t.Helper()
	secure := b.Origin.Scheme == "https"
	seen := map[string]bool{}
	for _, line := range h["Set-Cookie"] {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			b.t.Fatalf("Set-Cookie %q: %v", line, err)
		}
		if seen[c.Name] {
			b.t.Errorf("cookie %s is set twice", c.Name)
		}
		seen[c.Name] = true
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge == 0 {
			b.t.Errorf("Set-Cookie %q lacks an attribute", line)
		}
		if c.Secure != secure || strings.HasPrefix(c.Name, "__Host-") != secure {
			b.t.Errorf("Set-Cookie %q does not fit %s", line, b.Origin.Scheme)
		}
		if size := len(line); size > 4096 {
			b.t.Errorf("cookie %s has %d bytes, browsers keep 4096", c.Name, size)
		}
		if c.MaxAge < 0 {
			b.Drop(c.Name)
		} else {
			b.Put(c.Name, c.Value)
		}
	}
}

// Put sets a cookie in its place, or behind the others.
func (b *Browser) Put(name, value string) {
	for _, c := range b.Cookies {
		if c.Name == name {
			c.Value = value
			return
		}
	}
	b.Cookies = append(b.Cookies, &http.Cookie{Name: name, Value: value})
}

// Drop removes a cookie.
func (b *Browser) Drop(name string) {
	b.Cookies = slices.DeleteFunc(b.Cookies, func(c *http.Cookie) bool { return c.Name == name })
}
