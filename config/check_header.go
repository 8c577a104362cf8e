package config

import (
	"net/http"
	"strings"
)

// headers checks the headers of one place, and brings their names into
// canonical form.
func (c *checker) headers(h Headers, p path) {
	first := map[string]string{}
	for _, name := range sortedKeys(h) {
		at := p.key(name)
		c.headerName(name, at)
		if earlier, twice := first[headerAlias(name)]; twice {
			c.add(at, "is the same header as %s to many upstreams; keep one", quote(earlier))
		} else {
			first[headerAlias(name)] = name
		}
		if h[name] != nil {
			c.headerValue(h[name], at)
		}
	}
	for _, name := range sortedKeys(h) {
		value := h[name]
		delete(h, name)
		h[http.CanonicalHeaderKey(name)] = value
	}
}

// headerName: a token (RFC 9110 section 5.1) that does not steer the
// connection or the message, is not about cookies, and is not Gatehouse's.
func (c *checker) headerName(name string, p path) {
	if !isToken(name) {
		c.add(p, "%s is not a header name", quote(name))
		return
	}
	folded := headerAlias(name)
	switch folded {
	case "connection", "proxy-connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade",
		"content-length", "host", "expect", "http2-settings", "proxy-authorization", "proxy-authenticate":
		c.add(p, "steers the connection or the message and cannot be set")
	case "cookie", "set-cookie", "set-cookie2":
		c.add(p, "cookies cannot be set here")
	case "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-request-id":
		c.add(p, "is always Gatehouse's own and can be neither set nor removed")
	default:
		if strings.HasPrefix(folded, "sec-websocket-") {
			c.add(p, "steers the connection or the message and cannot be set")
		}
	}
}

// headerAlias folds the spellings that CGI-like upstreams cannot tell apart:
// X-Email, x_email and X.Email.
func headerAlias(name string) string {
	return strings.NewReplacer("_", "-", ".", "-").Replace(foldASCII(name))
}

func (c *checker) headerValue(v *HeaderValue, p path) {
	claim, value, token := c.present(p.key("claim")), c.present(p.key("value")), c.present(p.key("token"))
	given := 0
	for _, present := range []bool{claim, value, token} {
		if present {
			given++
		}
	}
	switch {
	case given != 1:
		c.add(p, "needs exactly one of claim, token and value")
	case claim && v.Claim == "":
		c.add(p.key("claim"), "is empty; name the claim, like employee.id")
	case claim:
		c.claimPath(v.Claim, p.key("claim"))
	case v.Value != nil:
		c.fixedValue(v.Value.Reveal(), p.key("value"))
	}
	c.joiner(v.Join, !claim && given > 0, p.key("join"))
	c.tokenPrefix(v.Prefix, !token && given > 0, p.key("prefix"))
}

// tokenPrefix: as fixed a value as any, before a token.
func (c *checker) tokenPrefix(prefix string, useless bool, p path) {
	switch {
	case !c.present(p):
	case useless:
		c.add(p, "goes with token, like {token: access, prefix: \"Bearer \"}")
	case strings.HasPrefix(prefix, " "):
		c.add(p, "begins with a blank")
	case len(prefix) > 256:
		c.add(p, "is longer than 256 bytes")
	}
}

// fixedValue: nothing that ends a header early (RFC 9110 section 5.5).
func (c *checker) fixedValue(value string, p path) {
	switch {
	case strings.ContainsFunc(value, isControl):
		c.add(p, "holds a line break or another control character")
	case len(value) > 16<<10:
		c.add(p, "is longer than 16KiB")
	}
}

// joiner: recognisable between members, in which % and the joiner are escaped.
func (c *checker) joiner(join string, useless bool, p path) {
	switch {
	case !c.present(p):
	case useless:
		c.add(p, "goes with claim, not with value or token")
	case join == "":
		c.add(p, "is empty, so the members could not be told apart")
	case strings.Contains(join, "%"):
		c.add(p, "must not hold %%, which escapes")
	}
}

// isToken reports whether s is a token (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return s != ""
}
