package e2e

import (
	"crypto/x509"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// person is somebody with the plainest browser there is: cookies, redirects,
// links and forms.
type person struct {
	t      *testing.T
	client *http.Client
	given  map[string]*http.Cookie // the last of each name, as it was set
}

// newPerson believes the certificates of roots; nil will do for plain http.
func newPerson(t *testing.T, roots *x509.CertPool) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, given: map[string]*http.Cookie{}}
	p.client = &http.Client{Jar: jar, Timeout: patience, Transport: watched{trusting(roots), p.given}}
	return p
}

// watched notes the cookies that are set on the way.
type watched struct {
	http.RoundTripper
	given map[string]*http.Cookie
}

func (w watched) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := w.RoundTripper.RoundTrip(r)
	if err == nil {
		for _, c := range answer.Cookies() {
			w.given[c.Name] = c
		}
	}
	return answer, err
}

// page is what somebody sees.
type page struct {
	Status int
	URL    *url.URL
	Body   string
}

func (p *person) visit(address string) page {
	p.t.Helper()
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	return p.ask(request)
}

func (p *person) ask(request *http.Request) page {
	p.t.Helper()
	if request.Header.Get("Accept") == "" {
		request.Header.Set("Accept", "text/html,*/*;q=0.8")
	}
	answer, err := p.client.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return page{answer.StatusCode, answer.Request.URL, string(body)}
}

// follow follows the link whose text contains label.
func (p *person) follow(at page, label string) page {
	p.t.Helper()
	for n := range elements(p.t, at, "a") {
		if strings.Contains(text(n), label) {
			return p.visit(p.resolve(at, attribute(n, "href")))
		}
	}
	p.t.Fatalf("no link %q at %s:\n%s", label, at.URL, at.Body)
	return page{}
}

// submit sends the only form of a page, with what the person wrote besides
// what stands in it.
func (p *person) submit(at page, wrote url.Values) page {
	p.t.Helper()
	for form := range elements(p.t, at, "form") {
		values := url.Values{}
		for n := range form.Descendants() {
			if n.Type == html.ElementNode && n.Data == "input" && attribute(n, "name") != "" {
				values.Set(attribute(n, "name"), attribute(n, "value"))
			}
		}
		for name, value := range wrote {
			if !values.Has(name) {
				p.t.Fatalf("the form at %s has no field %q:\n%s", at.URL, name, at.Body)
			}
			values[name] = value
		}
		request, err := http.NewRequest(http.MethodPost, p.resolve(at, attribute(form, "action")), strings.NewReader(values.Encode()))
		if err != nil {
			p.t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Origin", at.URL.Scheme+"://"+at.URL.Host)
		return p.ask(request)
	}
	p.t.Fatalf("no form at %s, status %d:\n%s", at.URL, at.Status, at.Body)
	return page{}
}

func (p *person) resolve(at page, reference string) string {
	p.t.Helper()
	u, err := at.URL.Parse(reference)
	if err != nil {
		p.t.Fatal(err)
	}
	return u.String()
}

// elements yields the page's elements of a name.
func elements(t *testing.T, at page, name string) func(yield func(*html.Node) bool) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(at.Body))
	if err != nil {
		t.Fatal(err)
	}
	return func(yield func(*html.Node) bool) {
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && n.Data == name && !yield(n) {
				return
			}
		}
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func text(n *html.Node) string {
	var b strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return b.String()
}
