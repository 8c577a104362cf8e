package provider

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Examination is what Examine looks at besides the options.
type Examination struct {
	// RedirectURIs are ours: each is tried at the authorization endpoint.
	RedirectURIs []string
	// Elsewhere are other places where the environment may be, such as
	// PingOne's other regions: asked only when it is not where it is expected.
	Elsewhere []Elsewhere
	// Timeout bounds each thing that is asked: 10 s.
	Timeout time.Duration
}

// Elsewhere is such a place.
type Elsewhere struct {
	Name string // "region: eu"
	At   At
}

// Finding is one thing that Examine looked at. It holds no secret.
type Finding struct {
	// Check is what was looked at, in a word or two.
	Check string
	// Said is what was found, one line.
	Said string
	// Fix is what mends it, empty where nothing has to be.
	Fix string
	// Err is the failure, nil when all is well. Said has its text already.
	Err error
}

// OK reports whether nothing has to be mended.
func (f Finding) OK() bool { return f.Err == nil && f.Fix == "" }

// examiner looks at one provider and writes down what it finds.
type examiner struct {
	*Provider
	Examination
	found []Finding
}

// Examine tries everything that a sign-in needs of the provider, short of a
// person: the way there, the documents, the keys, our credentials (with a code
// that is made up, so that nothing is redeemed) and our redirect URIs (with
// prompt=none and no cookie, so that nobody is asked anything). It reports in the
// order in which a sign-in would meet them, and stops where nothing further
// could be told.
//
// It asks anew each time and changes nothing that sign-ins use.
func (p *Provider) Examine(ctx context.Context, o Examination) []Finding {
	if o.Timeout <= 0 {
		o.Timeout = fetchTimeout
	}
	defer p.transport.CloseIdleConnections()
	x := &examiner{Provider: p, Examination: o}
	x.examine(ctx)
	return x.found
}

func (x *examiner) examine(ctx context.Context) {
	at := x.sources[0].at
	m := &metadata{}
	if x.withoutDiscovery() {
		m, _ = x.loadMetadata(ctx, at) // which asks nobody
		if !x.network(ctx, m.token) {
			return
		}
		x.good("discovery", "none: the configuration names every endpoint")
	} else {
		if !x.network(ctx, at.DiscoveryURL) {
			return
		}
		if m = x.documents(ctx, at); m == nil {
			return
		}
	}
	for _, other := range x.sources[1:] {
		x.further(ctx, other.at)
	}
	x.keySet(ctx, m)
	x.pkce(m)
	x.scopeList(m)
	x.userinfoEndpoint(m)
	x.credentials(ctx, m)
	x.redirects(ctx, m)
	x.endSession(m)
}

func (x *examiner) good(check, format string, args ...any) {
	x.found = append(x.found, Finding{Check: check, Said: oneLine(fmt.Sprintf(format, args...))})
}

// bad writes down a failure that one thing mends.
func (x *examiner) bad(check string, err error, fix string, args ...any) {
	x.found = append(x.found, Finding{Check: check, Said: oneLine(err.Error()), Err: err, Fix: oneLine(fmt.Sprintf(fix, args...))})
}

// oneLine keeps what a provider said on its line, and a terminal unharmed.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// within is a context for one question.
func (x *examiner) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, x.Timeout)
}

// ask makes one GET of a document without its body's meaning.
func (x *examiner) ask(ctx context.Context, address string) (*answer, *Error) {
	ctx, cancel := x.within(ctx)
	defer cancel()
	client := &http.Client{Transport: x.fetch.transport, CheckRedirect: followsWithinOrigin}
	return x.fetch.get(ctx, client, address, "")
}
