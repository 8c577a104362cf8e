package machine

import (
	"context"
	"net/http"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// The headers that tokens come in, by their canonical names.
const (
	tokenHeader      = "X-Gatehouse-Token"
	authorization    = "Authorization"
	cloudflareID     = "Cf-Access-Client-Id"
	cloudflareSecret = "Cf-Access-Client-Secret"
)

// Headers lists those that are never an application's, canonical.
func Headers() []string { return []string{tokenHeader, cloudflareID, cloudflareSecret} }

// Presented is what a request brings to prove that a machine sent it. The zero
// Presented is nothing.
type Presented struct {
	there bool // also if it is empty
	token string
	// name comes along in Cloudflare's way, and then has to be the token's.
	name  string
	named bool
	// bearer is an access token, otherwise it is a service token.
	bearer bool
	// InAuthorization: the Authorization header was Gatehouse's to read, and
	// is not the upstream's.
	InAuthorization bool
}

// Nothing reports whether the request brings no token.
func (p Presented) Nothing() bool { return !p.there }

// Read finds the token in a request's headers. bearer says that the route
// accepts access tokens; without it, an Authorization that holds none of our
// own tokens is between the client and the application.
//
// Two tokens, one header twice, or one under an alias that CGI-like servers
// cannot tell from it: different readers would see different callers, so none
// is believed.
func (d *Desk) Read(h http.Header, bearer bool) (Presented, error) {
	service := d != nil && len(d.known) > 0
	if !service && !bearer {
		return Presented{}, nil
	}
	if service && d.alias(h) {
		return Presented{}, ambiguous()
	}
	var found []Presented
	if values := h[authorization]; len(values) > 0 {
		ours := 0
		for _, value := range values {
			if p := d.authorization(value, service, bearer); !p.Nothing() {
				found = append(found, p)
				ours++
			}
		}
		if ours > 0 && len(values) > 1 {
			return Presented{}, ambiguous()
		}
	}
	if service {
		for _, token := range h[tokenHeader] {
			found = append(found, Presented{there: true, token: token})
		}
		if ids, secrets := h[cloudflareID], h[cloudflareSecret]; d.cloudflare && len(ids)+len(secrets) > 0 {
			if len(ids) != 1 || len(secrets) != 1 {
				return Presented{}, ambiguous()
			}
			found = append(found, Presented{there: true, token: secrets[0], name: ids[0], named: true})
		}
	}
	switch len(found) {
	case 0:
		return Presented{}, nil
	case 1:
		return found[0], nil
	}
	return Presented{}, ambiguous()
}

// authorization reads one Authorization line; nothing is the application's.
func (d *Desk) authorization(value string, service, bearer bool) Presented {
	if service && d.cloudflare && strings.HasPrefix(strings.TrimSpace(value), "{") {
		return single(value)
	}
	scheme, token := strings.TrimLeft(value, " \t"), ""
	if i := strings.IndexAny(scheme, " \t"); i >= 0 { // readers differ on the tab
		scheme, token = scheme[:i], strings.Trim(scheme[i:], " \t")
	}
	ours := identity.FoldASCII(scheme) == "bearer"
	switch {
	case ours && service && strings.HasPrefix(token, Prefix):
		return Presented{there: true, token: token, InAuthorization: true}
	case ours && bearer:
		return Presented{there: true, token: token, bearer: true, InAuthorization: true}
	case service && holdsToken(value):
		// Oddly written, and still a secret of ours: it is refused, as the
		// application must not see it.
		return Presented{there: true, InAuthorization: true}
	}
	return Presented{}
}

// holdsToken reports whether a whole service token stands somewhere in text.
func holdsToken(text string) bool {
	for range 8 { // an application's own token may hold our prefix by chance
		i := strings.Index(text, Prefix)
		if i < 0 {
			return false
		}
		text = text[i:]
		end := strings.IndexFunc(text, func(r rune) bool {
			return r != '_' && r != '-' && !('0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z')
		})
		if end < 0 {
			end = len(text)
		}
		if whole(text[:end]) {
			return true
		}
		text = text[len(Prefix):]
	}
	return false
}

// maxSingle bounds Cloudflare's single header, in bytes.
const maxSingle = 4 << 10

// single is Cloudflare's "authenticate with a single header": both values as
// JSON. Its documents write the names in several ways. What has one of the
// names and is not exactly that holds a secret of ours all the same, and is
// not the application's to see.
func single(value string) Presented {
	ours := Presented{there: true, named: true, InAuthorization: true}
	if len(value) > maxSingle {
		return ours
	}
	if !strings.Contains(fold(value), "cf-access-client") {
		return Presented{}
	}
	object, err := identity.DecodeClaims([]byte(value))
	if err != nil || len(object) != 2 {
		return ours
	}
	p := ours
	for name, v := range object {
		text, _ := v.(string)
		switch fold(name) {
		case "cf-access-client-id":
			p.name = text
		case "cf-access-client-secret":
			p.token = text
		default:
			return ours
		}
	}
	return p
}

// alias reports whether a header would be one of ours to a careless reader.
func (d *Desk) alias(h http.Header) bool {
	for name := range h {
		switch len(name) {
		case len(tokenHeader), len(cloudflareID), len(cloudflareSecret):
		default:
			continue
		}
		if name == tokenHeader || name == cloudflareID || name == cloudflareSecret {
			continue
		}
		switch fold(name) {
		case "x-gatehouse-token":
			return true
		case "cf-access-client-id", "cf-access-client-secret":
			if d.cloudflare {
				return true
			}
		}
	}
	return false
}

// fold writes letters small and everything that is no letter or digit as "-".
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
			return r
		case 'A' <= r && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, name)
}

// Check proves what was presented: a service token by the desk, an access
// token by the first of bearers that its issuer belongs to. The error is a
// *page.Error: 401 for a token that does not hold, 503 if that cannot be known.
func (d *Desk) Check(ctx context.Context, p Presented, bearers []*Bearer) (*Caller, error) {
	if !p.bearer {
		return d.service(p)
	}
	return checkBearer(ctx, p.token, bearers)
}
