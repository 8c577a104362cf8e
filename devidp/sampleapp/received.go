package sampleapp

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// received is a request as the application got it, and the JSON answer.
type received struct {
	Method  string      `json:"method"`
	Path    string      `json:"path"` // with the query, as sent
	Host    string      `json:"host"`
	Proto   string      `json:"proto"`
	Headers http.Header `json:"headers"`
	// User is who the gateway says is calling; nil for nobody.
	User      *user      `json:"user"`
	Assertion *assertion `json:"assertion,omitempty"`

	path string // without the query
}

// user is the identity headers put together.
type user struct {
	Subject  string   `json:"subject"`
	Email    string   `json:"email,omitempty"`
	Username string   `json:"username,omitempty"`
	Groups   []string `json:"groups,omitempty"`
	Provider string   `json:"provider,omitempty"`
}

func receive(r *http.Request) received {
	got := received{
		Method: r.Method, Path: r.URL.RequestURI(), Host: r.Host, Proto: r.Proto, Headers: r.Header,
		path: r.URL.Path,
	}
	if subject := r.Header.Get("X-Forwarded-User"); subject != "" {
		got.User = &user{
			Subject:  subject,
			Email:    r.Header.Get("X-Forwarded-Email"),
			Username: r.Header.Get("X-Forwarded-Preferred-Username"),
			Groups:   splitGroups(r.Header.Get("X-Forwarded-Groups")),
			Provider: r.Header.Get("X-Gatehouse-Provider"),
		}
	}
	if token := r.Header.Get(assertionHeader); token != "" {
		got.Assertion = readAssertion(token)
	}
	return got
}

// splitGroups undoes the gateway's joining: commas separate, and a comma or a
// percent sign inside a name is percent-encoded.
func splitGroups(header string) []string {
	if header == "" {
		return nil
	}
	groups := strings.Split(header, ",")
	for i, g := range groups {
		if name, err := url.PathUnescape(g); err == nil {
			groups[i] = name
		}
	}
	return groups
}

// header is one line of the page's table.
type header struct {
	Name    string
	Values  []string
	Meaning string
}

// explained splits the headers in those that the gateway vouches for, in the
// order of the explanations, and the client's own by name.
func (r received) explained() (vouched, others []header) {
	known := map[string]bool{}
	for _, m := range meanings() {
		known[m.name] = true
		if values := r.Headers[m.name]; len(values) > 0 {
			vouched = append(vouched, header{m.name, values, m.text})
		}
	}
	for name, values := range r.Headers {
		if !known[name] {
			others = append(others, header{Name: name, Values: values})
		}
	}
	slices.SortFunc(others, func(a, b header) int { return strings.Compare(a.Name, b.Name) })
	return vouched, others
}

// absent are the identity headers that did not come, for they say something
// too. Without the first, the others have nothing to add.
func (r received) absent() []header {
	var missing []header
	for _, m := range meanings() {
		if m.missing == "" || len(r.Headers[m.name]) > 0 {
			continue
		}
		missing = append(missing, header{Name: m.name, Meaning: m.missing})
		if r.User == nil {
			break
		}
	}
	return missing
}
