package provider

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	jose "github.com/go-jose/go-jose/v4"

	"github.com/gatehouse-proxy/gatehouse/trace"
)

// Provider is one OpenID provider. It is safe for concurrent use.
type Provider struct {
	o    Options
	kept string

	transport *http.Transport
	fetch     *fetcher
	timeout   time.Duration // of whatever one caller waits for
	algs      []jose.SignatureAlgorithm
	sources   []*source
	metadata  *shared[*metadata] // of the first source, which is the one we ask
	keys      *keySet            // likewise
	// pushAgain is when requests may be pushed again, in nanoseconds since 1970.
	pushAgain atomic.Int64
	// secret is the index of the client secret that is tried first.
	secret atomic.Int32
	// doubt wakes Run when a sign-in found the provider failing.
	doubt chan struct{}

	mu     sync.Mutex // guards status
	status Status
}

// New checks the options and makes a Provider of them. It touches no network:
// a provider that is down must not keep the others from starting.
func New(o Options) (*Provider, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("provider %s: %w", o.Name, err)
	}
	transport := newTransport(o.Roots)
	p := &Provider{
		o: o, kept: fingerprint(o),
		transport: transport, fetch: &fetcher{transport: trace.Calls(transport, "provider "+o.Name), now: o.Now}, timeout: fetchTimeout,
		doubt:  make(chan struct{}, 1),
		status: Status{LastError: "not asked yet", Since: o.Now()},
	}
	for _, alg := range o.SigningAlgs {
		p.algs = append(p.algs, jose.SignatureAlgorithm(alg))
	}
	for _, at := range o.ats() {
		p.sources = append(p.sources, p.newSource(at))
	}
	p.metadata, p.keys = p.sources[0].metadata, p.sources[0].keys
	return p, nil
}

// ClientKey is the key of private_key_jwt, nil without one.
func (p *Provider) ClientKey() *ClientKey { return p.o.ClientKey }

// MadeFrom reports whether New(o) would make the same provider once more. This
// one has its documents already, so a reload keeps it.
func (p *Provider) MadeFrom(o Options) bool { return p.o.same(o.withDefaults()) }

// PostsAnswers tells whether the provider answers with a form that the browser
// posts, so that a cookie for its answer has to travel across sites.
func (p *Provider) PostsAnswers() bool { return p.o.ResponseMode == "form_post" }

// TakesLoginHint tells whether a request may bring a login_hint of its own: the
// operator's own comes first.
func (p *Provider) TakesLoginHint() bool { return p.o.AuthorizationParams["login_hint"] == "" }

// Name is the provider's name in the configuration.
func (p *Provider) Name() string { return p.o.Name }

// DisplayName is what people read on the sign-in page.
func (p *Provider) DisplayName() string { return p.o.DisplayName }

// Kept is a short fingerprint of what decides which claims a session of this
// provider holds and how they were read. A session with another one was made
// under another configuration.
func (p *Provider) Kept() string { return p.kept }

// Status says how the provider did when Run last asked it.
type Status struct {
	// Up: its discovery and keys are at hand, and Run's last attempt to fetch
	// them succeeded.
	Up bool
	// Keys is how many usable keys it publishes.
	Keys int
	// LastError is the last attempt's error, empty when Up. It is for
	// operators and may quote the provider.
	LastError string
	// Since is when Up last changed; at first, when the Provider was made.
	Since time.Time
}

// Status returns the present state. It touches no network.
func (p *Provider) Status() Status {
	p.mu.Lock()
	status := p.status
	p.mu.Unlock()
	at, _ := p.keys.shared.peek()
	status.Keys = len(at.value)
	return status
}

// suspect asks Run to look at the provider soon. It never blocks.
func (p *Provider) suspect() {
	select {
	case p.doubt <- struct{}{}:
	default:
	}
}
