package provider

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// IssuerOptions describe an issuer of access tokens at which we are no client:
// all that is wanted of it are its keys.
type IssuerOptions struct {
	// Name is the configuration's, for the log.
	Name string
	// Issuer is the iss of its tokens, byte for byte.
	Issuer string
	// JWKS is where its keys are; empty means what its discovery document says.
	JWKS string
	// Roots is the pool that its certificate must chain to, nil the system's.
	Roots *x509.CertPool
	// Log takes changes of its state; nil means none.
	Log *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Issuer is such an issuer. It is safe for concurrent use.
type Issuer struct {
	o         IssuerOptions
	transport *http.Transport
	fetch     *fetcher
	keys      *shared[[]key]
	access    *keySet
}

// NewIssuer touches no network.
func NewIssuer(o IssuerOptions) (*Issuer, error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	rule := urlRule{loopbackHTTP: true}
	if err := rule.check(o.Issuer); err != nil {
		return nil, fmt.Errorf("bearer %s: issuer: %w", o.Name, err)
	}
	if o.JWKS != "" {
		if err := rule.check(o.JWKS); err != nil {
			return nil, fmt.Errorf("bearer %s: jwks: %w", o.Name, err)
		}
	}
	i := &Issuer{o: o, transport: newTransport(o.Roots)}
	i.fetch = &fetcher{transport: i.transport, now: o.Now}
	i.keys = &shared[[]key]{load: i.load, timeout: sharedTimeout, now: o.Now}
	i.access = newAccessKeys(i.keys, func() {})
	return i, nil
}

// MadeFrom reports whether NewIssuer(o) would make the same issuer once more,
// whatever it is called. This one has its keys already, so a reload keeps it
// and several entries share it.
func (i *Issuer) MadeFrom(o IssuerOptions) bool {
	return i.o.Issuer == o.Issuer && i.o.JWKS == o.JWKS && i.o.Roots == o.Roots
}

// load finds and fetches the keys. The address is asked for anew each time, as
// an issuer may move them.
func (i *Issuer) load(ctx context.Context) ([]key, error) {
	address := i.o.JWKS
	if address == "" {
		at := discoveryAt(i.o.Issuer)
		document, err := i.fetch.document(ctx, "discovery", at)
		if err != nil {
			return nil, err
		}
		if issuer, _ := document["issuer"].(string); issuer != i.o.Issuer {
			return nil, unavailable(refuse(ReasonDiscoveryIssuer, "expected issuer %q, the document says %q", i.o.Issuer, brief(issuer)))
		}
		address, _ = document["jwks_uri"].(string)
		if err := i.rule().check(address); err != nil {
			return nil, unavailable(refuse(ReasonDiscoveryEndpoint, "jwks_uri %q: %w", brief(address), err))
		}
	}
	document, err := i.fetch.document(ctx, "keys", address)
	if err != nil {
		return nil, err
	}
	keys, _, err := readKeys(document)
	if err != nil {
		return nil, unavailable(refuse(ReasonAnswerMalformed, "keys %s: %w", address, err))
	}
	return keys, nil
}

// rule is for what the discovery document names: http stays on loopback if
// the issuer is there too.
func (i *Issuer) rule() urlRule { return urlRule{loopbackHTTP: (urlRule{}).check(i.o.Issuer) != nil} }

// Run fetches the keys at once, retries until they are there, and refreshes
// them from then on, so that a key which the issuer withdraws stops counting.
// It returns when ctx ends.
func (i *Issuer) Run(ctx context.Context) {
	defer i.transport.CloseIdleConnections()
	retry, before := firstRetry, ""
	for {
		err := i.keys.refresh(ctx)
		if ctx.Err() != nil {
			return
		}
		wait, text := jitter(refreshEvery), ""
		if err != nil {
			wait, text = max(jitter(retry), askedToWait(err)), err.Error()
			retry = min(2*retry, lastRetry)
		} else {
			retry = firstRetry
		}
		if text != "" && text != before {
			i.o.Log.Warn("issuer of bearer tokens down", "bearer", i.o.Name, "error", text)
		}
		before = text
		if !pause(ctx, time.NewTimer(wait)) {
			return
		}
	}
}

// AccessTokens verifies this issuer's.
func (i *Issuer) AccessTokens(audiences, algs []string) (*AccessTokens, error) {
	return newAccessTokens(audiences, algs, maxClockSkew, i.o.Now, map[string]*keySet{i.o.Issuer: i.access})
}

// AccessTokens verifies those of all issuers of this provider. Its keys are
// those of the sign-ins, fetched once.
func (p *Provider) AccessTokens(audiences, algs []string) (*AccessTokens, error) {
	sets := map[string]*keySet{}
	for _, s := range p.sources {
		sets[s.at.Issuer] = s.access
	}
	return newAccessTokens(audiences, algs, p.o.ClockSkew, p.o.Now, sets)
}

// newAccessKeys is one issuer's keys for tokens that anybody may bring:
// however many entries of the configuration accept them, and however often
// that is read anew, there is one budget for unknown keys.
func newAccessKeys(shared *shared[[]key], stale func()) *keySet {
	set := &keySet{shared: shared, stale: stale}
	for _, alg := range asymmetricAlgs { // checkHeader has narrowed it down
		set.algs = append(set.algs, jose.SignatureAlgorithm(alg))
	}
	return set
}

func newAccessTokens(audiences, algs []string, skew time.Duration, now func() time.Time, sets map[string]*keySet) (*AccessTokens, error) {
	if len(audiences) == 0 || slices.Contains(audiences, "") {
		return nil, errors.New("access tokens without an audience would count for everybody")
	}
	if len(algs) == 0 {
		return nil, errors.New("no algorithm")
	}
	for _, alg := range algs {
		if !slices.Contains(asymmetricAlgs, alg) {
			return nil, fmt.Errorf("algorithm %q is not asymmetric", alg)
		}
	}
	return &AccessTokens{audiences: audiences, algs: algs, skew: skew, now: now, sets: sets}, nil
}
