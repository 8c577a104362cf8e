package proxy

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/http/httpguts"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// A family is a name and every name that goes on behind it with a "-". These
// say who is calling, from where, by which scheme or for which address, and
// applications believe them because a gateway is thought to have set them. No
// browser sends any. The first lines are the contract's, the others are other
// products' words for the same, which an application that used to live behind
// them may still read.
var families = []string{
	"x-forwarded", "x-auth-request", "x-original", "cf-access", "x-gatehouse",
	// Whole families of the contract's single names: Remote-User comes with
	// Remote-Groups and Remote-Email, X-Remote-User with X-Remote-Extra-…
	"remote", "x-remote",
	// Instructions from a gateway to what is behind it, to send files above all.
	"x-accel", "x-sendfile",
	// Client certificates (RFC 9440 section 4: sanitise).
	"client-cert", "x-client-cert", "x-ssl-client", "ssl-client",
	// Who is calling, as other gateways say it.
	"x-amzn-oidc", "x-goog-authenticated-user", "x-goog-iap", "x-ms-client-principal",
	"x-authentik", "x-pomerium", "x-webauth",
}

// singles are the names without a family.
var singles = []string{
	"forwarded", "x-real-ip", "true-client-ip",
	"x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override",
	"x-request-id",
	// The client's address.
	"client-ip", "x-client-ip", "x-cluster-client-ip", "x-originating-ip",
	"proxy-client-ip", "wl-proxy-client-ip", "cf-connecting-ip", "cf-connecting-ipv6",
	"fastly-client-ip", "fly-client-ip", "x-envoy-external-address",
	// Scheme and host.
	"front-end-https", "x-scheme", "x-url-scheme", "x-host", "x-http-host-override",
	// CGI hands it to programs as HTTP_PROXY, which sends their calls through
	// a stranger (httpoxy, CVE-2016-5385).
	"proxy",
}

// Scrubber removes headers that only Gatehouse may set from a client's
// request, in whatever spelling. It is compiled once and safe for concurrent
// use.
type Scrubber struct {
	patterns [256][]pattern // by their first byte, folded
}

// pattern is a folded name, or a family of them.
type pattern struct {
	name   string
	family bool
}

// NewScrubber removes the fixed names and families, and also names.
func NewScrubber(names ...string) *Scrubber {
	s := &Scrubber{}
	add := func(list []string, family bool) {
		for _, name := range list {
			if name == "" {
				continue
			}
			p := pattern{foldName(name), family}
			s.patterns[p.name[0]] = append(s.patterns[p.name[0]], p)
		}
	}
	add(families, true)
	add(singles, false)
	add(names, false)
	return s
}

// Scrub removes them from h.
func (s *Scrubber) Scrub(h http.Header) {
	for name := range h {
		if s.matches(name) {
			delete(h, name)
		}
	}
}

// matches compares as the least careful upstream does. CGI, WSGI and their
// kin turn X_Real_IP, X.Real.IP and X-Real-IP into one variable, some of them
// every byte that is no letter or digit, so all such bytes count as "-".
func (s *Scrubber) matches(name string) bool {
	if name == "" {
		return false
	}
	for _, p := range s.patterns[foldByte(name[0])] {
		if p.matches(name) {
			return true
		}
	}
	return false
}

func (p pattern) matches(name string) bool {
	n := len(p.name)
	if len(name) < n || len(name) > n && !(p.family && foldByte(name[n]) == '-') {
		return false
	}
	for i := range n {
		if foldByte(name[i]) != p.name[i] {
			return false
		}
	}
	return true
}

func foldByte(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return c
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return '-'
}

func foldName(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] = foldByte(b[i])
	}
	return string(b)
}

// HeaderRule is one line of a headers block: what the header Name is set to
// on the way to the upstream. Exactly one of Claim, Value and Remove is set.
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
	// Value is sent as it is, to whoever is calling.
	Value string
	// Remove sends no such header, neither ours nor the client's.
	Remove bool
}

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
	case rule.Remove && rule.Claim == "" && rule.Value == "":
		return nil
	case rule.Remove || (rule.Claim == "") == (rule.Value == ""):
		return errors.New("needs either a claim or a value")
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

// Render works out the headers for id; nil is nobody and gets the fixed ones.
func (p *HeaderPlan) Render(id *identity.Identity) *Rendered {
	if id == nil && p.nobody != nil {
		return p.nobody
	}
	r := &Rendered{}
	for i := range p.rules {
		rule := &p.rules[i]
		value, ok := rule.Value, true
		if rule.Claim != "" {
			value, ok = rule.render(claimOf(id, rule.Claim))
		}
		switch {
		case !ok:
			r.omitted = append(r.omitted, rule.Name)
		case value != "":
			r.fields = append(r.fields, renderedField{rule.Name, []string{value}})
		}
	}
	return r
}

// Apply sets the headers in h, each exactly once. It costs no allocation.
func (r *Rendered) Apply(h http.Header) {
	for i := range r.fields {
		h[r.fields[i].name] = r.fields[i].value
	}
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

// claimOf returns nil for what is absent.
func claimOf(id *identity.Identity, path string) any {
	if id == nil {
		return nil
	}
	switch path {
	case "sub":
		return id.Subject
	case "iss":
		return id.Issuer
	case "email":
		return id.Email
	case "email_verified":
		if id.Email == "" {
			return nil
		}
		return id.EmailVerified
	case "groups":
		return id.Groups
	case "username":
		return id.Username
	case "name":
		return id.Name
	case "provider":
		return id.Provider
	case "acr":
		return id.ACR
	case "amr":
		return id.AMR
	}
	v, _ := id.Claims.Lookup(path)
	return v
}

// render writes a claim. An absent one is "", true; one that cannot be sent
// is "", false.
//
// Only what is joined is percent-encoded. A single scalar under a joiner of
// its own is joined too: a provider may write a list of one as a string, and
// its reader will split it.
func (rule *HeaderRule) render(v any) (string, bool) {
	var members []string
	switch v := v.(type) {
	case nil:
		return "", true
	case []string:
		members = v
	case []any:
		members = identity.Strings(v)
	default:
		s, ok := identity.Scalar(v)
		if !ok {
			return "", false // an object
		}
		if rule.Join == "" || rule.Join == "," {
			ok = sendable(s) && len(s) <= maxHeaderValue
			if !ok {
				s = ""
			}
			return s, ok
		}
		members = []string{s}
	}
	join := rule.Join
	if join == "" {
		join = ","
	}
	var b strings.Builder
	for _, member := range members {
		if member == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString(join)
		}
		encodeMember(&b, member, join)
		if b.Len() > maxHeaderValue {
			return "", false
		}
	}
	return b.String(), true
}

// encodeMember writes one member of a joined value so that no reader finds a
// joiner, a control character or invalid UTF-8 in it. Spaces around it are
// encoded too: readers trim them, and " admins" must not become "admins".
func encodeMember(b *strings.Builder, s, join string) {
	const digits = "0123456789ABCDEF"
	last := len(s) - 1
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		encode := r == '%' || isControl(r) || r == utf8.RuneError && size == 1 ||
			r == ' ' && (i == 0 || i == last || strings.Trim(join, " ") == "") ||
			r != ' ' && strings.ContainsRune(join, r)
		for _, c := range []byte(s[i : i+size]) {
			if encode {
				b.WriteByte('%')
				b.WriteByte(digits[c>>4])
				b.WriteByte(digits[c&15])
			} else {
				b.WriteByte(c)
			}
		}
		i += size
	}
}

// sendable reports whether s survives as the value of a header: HTTP drops
// spaces around values (RFC 9110 section 5.5), which would make "admin " and
// "admin" the same person.
func sendable(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, isControl) < 0 &&
		!strings.HasPrefix(s, " ") && !strings.HasSuffix(s, " ")
}

// isControl reports C0, DEL and C1.
func isControl(r rune) bool { return r < ' ' || 0x7f <= r && r <= 0x9f }
