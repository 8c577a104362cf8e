package gateway

import (
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/identity"
)

// TestResult is how one item of `tests` came out. Differences is empty where
// it passed; Explained tells why things are as they are.
type TestResult struct {
	Name        string     `json:"name"`
	Place       string     `json:"place"`
	Passed      bool       `json:"passed"`
	Differences []string   `json:"differences,omitempty"`
	Explained   *Explained `json:"explained,omitempty"`
}

// RunTests runs the file's tests.
func (b *Build) RunTests() []TestResult {
	out := make([]TestResult, 0, len(b.Config.Tests))
	for i := range b.Config.Tests {
		t := &b.Config.Tests[i]
		r := TestResult{Name: t.Name, Place: b.Config.TestPlace(i)}
		found, err := b.Explain(b.asked(t))
		if err != nil {
			r.Differences = []string{err.Error()}
		} else {
			r.Explained, r.Differences = found, differences(t, found)
		}
		r.Passed = len(r.Differences) == 0
		out = append(out, r)
	}
	return out
}

// asked is the request of a test. Its user is written as the claims that the
// provider's mapping reads back, so that a test goes the way of a sign-in.
func (b *Build) asked(t *config.Test) Asked {
	a := Asked{URL: t.URL.URL, Method: t.Method, IP: t.IP.Addr, Provider: t.Provider, ServiceToken: t.ServiceToken}
	if t.User == nil {
		return a
	}
	if t.User.AuthAge != nil {
		age := t.User.AuthAge.Std()
		a.AuthAge = &age
	}
	a.Claims = identity.Claims(maps.Clone(map[string]any(t.User.Claims)))
	if a.Claims == nil {
		a.Claims = identity.Claims{}
	}
	p, err := b.explainProvider(a)
	if err != nil {
		return a // Explain will say so
	}
	for _, one := range []struct{ name, value string }{
		{"sub", t.User.Sub}, {"email", t.User.Email}, {"username", t.User.Username}, {"name", t.User.Name}, {"acr", t.User.ACR},
	} {
		if one.value != "" {
			p.Mapped(a.Claims, one.name, one.value)
		}
	}
	if t.User.EmailVerified != nil {
		a.Claims["email_verified"] = *t.User.EmailVerified
	}
	for name, list := range map[string][]string{"groups": t.User.Groups, "amr": t.User.AMR} {
		if len(list) > 0 {
			members := make([]any, len(list))
			for i, member := range list {
				members[i] = member
			}
			p.Mapped(a.Claims, name, members)
		}
	}
	return a
}

// meant are the decisions that each word of expect stands for.
var meant = map[string][]string{
	"allow":   {"allow", "bypass"},
	"deny":    {"deny"},
	"sign_in": {"sign_in", "step_up", "need_token"},
	"step_up": {"step_up"},
}

// differences are what a test expects and does not get, a line each.
func differences(t *config.Test, found *Explained) []string {
	var out []string
	if !slices.Contains(meant[t.Expect], found.Decision) {
		why := "by rule " + fmt.Sprintf("%q", found.Rule)
		if found.Rule == "" {
			why = "because " + found.Reason
		}
		if found.StepUp != nil {
			why = "because " + found.StepUp.String()
		}
		return append(out, fmt.Sprintf("expected %s, got %s %s", t.Expect, found.Decision, why))
	}
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		want := t.Headers[name]
		have, there := found.Headers[http.CanonicalHeaderKey(name)]
		differs := want != nil && have != *want
		if slices.Contains(found.fixed, http.CanonicalHeaderKey(name)) {
			have = redacted
		}
		switch {
		case want == nil && there:
			out = append(out, fmt.Sprintf("header %s: expected none, got %q", name, have))
		case want != nil && !there:
			out = append(out, fmt.Sprintf("header %s: expected %q, got none", name, *want))
		case differs:
			out = append(out, fmt.Sprintf("header %s: expected %q, got %q", name, *want, have))
		}
	}
	return out
}
