package proxy

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"

	"golang.org/x/net/http/httpguts"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// HeaderRule is one line of a headers block: what the header Name is set to
// on the way to the upstream. Exactly one of Claim, Token, Value and Remove is
// set.
type HeaderRule struct {
	Name string
	// Claim is a claim path. sub, iss, email, email_verified, groups,
	// username, name, provider, acr and amr are what the provider's mapping
	// made of the claims, and never a raw claim of that name; any other path
	// is looked up in the kept claims. An absent or empty claim leaves the
	// header out.
	Claim string
	// Join goes between the members of a list; empty means ",".
	Join string
	// Token is TokenAccess or TokenID: the caller's token, behind Prefix. It is
	// left out once it has expired.
	Token, Prefix string
	// Value is sent as it is, to whoever is calling.
	Value string
	// Remove sends no such header, neither ours nor the client's.
	Remove bool
}

// The tokens that a header may hold.
const (
	TokenAccess = "access"
	TokenID     = "id"
)

// Tokens are what a caller has; each is empty if there is none, or none that
// still counts.
type Tokens struct{ Access, ID string }

// defaultHeaders are set unless a rule says otherwise.
var defaultHeaders = []HeaderRule{
	{Name: "X-Forwarded-User", Claim: "sub"},
	{Name: "X-Forwarded-Email", Claim: "email"},
	{Name: "X-Forwarded-Preferred-Username", Claim: "username"},
	{Name: "X-Forwarded-Groups", Claim: "groups"},
	{Name: "X-Gatehouse-Provider", Claim: "provider"},
}

// reserved may not be named by rules: some frame the message or belong to one
// connection, the others are always Gatehouse's, or have a key of their own.
var reserved = []string{
	"connection", "content-length", "cookie", "expect", "host", "keep-alive",
	"proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
	"trailer", "transfer-encoding", "upgrade",
	"x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-request-id",
}

// maxHeaderValue is the longest value that is sent, in bytes.
const maxHeaderValue = 16 << 10

// HeaderPlan is the identity and fixed headers of one route, compiled once.
// The zero HeaderPlan sets nothing.
type HeaderPlan struct {
	rules  []HeaderRule // by name; none that removes
	names  []string     // of all rules, those that remove included
	tokens bool         // some rule sends a token
	nobody *Rendered
}

// CompileHeaders puts the route's rules over the global ones and those over
// the default ones. Names are compared as the scrubber does. An error names
// the header and never its value, which may be a secret.
func CompileHeaders(global, route []HeaderRule) (*HeaderPlan, error) {
	merged := map[string]HeaderRule{}
	for _, level := range [][]HeaderRule{defaultHeaders, global, route} {
		seen := map[string]bool{}
		for _, rule := range level {
			if err := rule.check(); err != nil {
				return nil, fmt.Errorf("header %q: %w", rule.Name, err)
			}
			key := foldName(rule.Name)
			if seen[key] {
				return nil, fmt.Errorf("header %q: is there twice, upper case, _ and . aside", rule.Name)
			}
			seen[key] = true
			rule.Name = textproto.CanonicalMIMEHeaderKey(rule.Name)
			merged[key] = rule
		}
	}
	p := &HeaderPlan{}
	for _, key := range slices.Sorted(maps.Keys(merged)) {
		rule := merged[key]
		p.names = append(p.names, rule.Name)
		if !rule.Remove {
			p.rules = append(p.rules, rule)
			p.tokens = p.tokens || rule.Token != ""
		}
	}
	p.nobody = p.Render(nil)
	return p, nil
}

func (rule HeaderRule) check() error {
	switch {
	case !httpguts.ValidHeaderFieldName(rule.Name):
		return errors.New("is no header name")
	case slices.Contains(reserved, foldName(rule.Name)):
		return errors.New("is not for rules to set or remove")
	case rule.Token != "" && rule.Token != TokenAccess && rule.Token != TokenID:
		return errors.New("token must be access or id")
	case rule.Prefix != "" && (!sendable("x"+rule.Prefix+"x") || rule.Token == ""):
		return errors.New("has a prefix with control characters, or without a token")
	case !rule.exactlyOne():
		return errors.New("needs exactly one of a claim, a token and a value")
	case rule.Remove:
		return nil
	case rule.Value != "" && (!sendable(rule.Value) || len(rule.Value) > maxHeaderValue):
		return errors.New("has a value with control characters, with spaces around it, or above 16 KiB")
	}
	for _, c := range []byte(rule.Join) {
		// An encoded joiner must not hold the joiner again.
		if c < ' ' || c > '~' || c == '%' || foldByte(c) != '-' {
			return errors.New("join must be ASCII punctuation or spaces, without %")
		}
	}
	return nil
}

// exactlyOne reports whether the rule says one thing.
func (rule HeaderRule) exactlyOne() bool {
	n := 0
	for _, said := range []bool{rule.Claim != "", rule.Token != "", rule.Value != "", rule.Remove} {
		if said {
			n++
		}
	}
	return n == 1
}

// Names lists, canonical and sorted, every header that the plan sets or
// removes: what a client's request may not bring.
func (p *HeaderPlan) Names() []string { return slices.Clone(p.names) }

// Rendered is a plan's headers for one identity. It never changes and may be
// applied to many requests at once, so whoever remembers sessions can remember
// it with them.
type Rendered struct {
	fields  []renderedField
	omitted []string
}

type renderedField struct {
	name  string
	value []string // shared by all requests, one element, capacity one
}

// Fixed lists the headers whose value stands in the configuration, where it may
// be a secret.
func (p *HeaderPlan) Fixed() []string {
	var names []string
	for i := range p.rules {
		if p.rules[i].Value != "" {
			names = append(names, p.rules[i].Name)
		}
	}
	return names
}

// Render works out the headers for id without any token; nil is nobody and
// gets the fixed ones.
func (p *HeaderPlan) Render(id *identity.Identity) *Rendered { return p.RenderWith(id, Tokens{}) }

// SendsTokens reports whether RenderWith makes anything of tokens.
func (p *HeaderPlan) SendsTokens() bool { return p.tokens }

// RenderWith works out the headers for id with the tokens that count now.
func (p *HeaderPlan) RenderWith(id *identity.Identity, tokens Tokens) *Rendered {
	if id == nil && p.nobody != nil {
		return p.nobody
	}
	r := &Rendered{fields: make([]renderedField, 0, len(p.rules))}
	values := make([]string, len(p.rules))
	for i := range p.rules {
		rule := &p.rules[i]
		value, ok := rule.Value, true
		switch {
		case rule.Claim != "":
			value, ok = rule.render(claimOf(id, rule.Claim))
		case rule.Token != "":
			value, ok = rule.bearing(tokens)
		}
		switch {
		case !ok:
			r.omitted = append(r.omitted, rule.Name)
		case value != "":
			values[i] = value
			r.fields = append(r.fields, renderedField{rule.Name, values[i : i+1 : i+1]})
		}
	}
	return r
}

// bearing is the token behind its prefix, nothing without one, and not ok for
// one that does not fit.
func (rule *HeaderRule) bearing(tokens Tokens) (value string, ok bool) {
	token := tokens.Access
	if rule.Token == TokenID {
		token = tokens.ID
	}
	if token == "" {
		return "", true
	}
	value = rule.Prefix + token
	return value, sendable(value) && len(value) <= maxHeaderValue
}

// Apply sets the headers in h, each exactly once. It costs no allocation.
func (r *Rendered) Apply(h http.Header) {
	for i := range r.fields {
		h[r.fields[i].name] = r.fields[i].value
	}
}

// sets reports whether one of them goes by this name.
func (r *Rendered) sets(name string) bool {
	for i := range r.fields {
		if r.fields[i].name == name {
			return true
		}
	}
	return false
}

// Omitted names the headers that were left out although there was a value,
// because it cannot be sent safely. Do not change it.
func (r *Rendered) Omitted() []string { return r.omitted }

// Apply renders for id and sets the headers in h. It returns Omitted's names.
func (p *HeaderPlan) Apply(h http.Header, id *identity.Identity) (omitted []string) {
	r := p.Render(id)
	r.Apply(h)
	return r.omitted
}
