package provider

import (
	"net/url"
	"testing"
	"time"
)

// moving is a provider that moves from the first address to the second: two
// issuers, each with a document and keys of its own.
func moving(t *testing.T, change func(o *Options, old *idp)) (old, next *idp, p *Provider) {
	old, next = newIDP(t), newIDP(t)
	next.keys = []any{jwk(&otherRSA().PublicKey, "k1", nil)}
	next.signer = signer{"RS256", otherRSA()}
	p = next.client(func(o *Options) {
		o.Others = []At{{Issuer: old.URL}}
		if change != nil {
			change(o, old)
		}
	})
	return old, next, p
}

// TestBothIssuersCountWhileMoving: each issuer's tokens by its own keys, and by
// no other's.
func TestBothIssuersCountWhileMoving(t *testing.T) {
	for _, test := range []struct {
		name   string
		set    func(old, next *idp)
		reason string
	}{
		{"the new one", func(_, _ *idp) {}, ""},
		{"the old one", func(old, next *idp) { next.claims["iss"], next.signer = old.URL, old.signer }, ""},
		{"the old one by the new one's key", func(old, next *idp) { next.claims["iss"] = old.URL }, ReasonIDTokenSignature},
		{"the new one by the old one's key", func(old, next *idp) { next.signer = old.signer }, ReasonIDTokenSignature},
		{"a third", func(_, next *idp) { next.claims["iss"] = "https://idp.example.com" }, ReasonIDTokenIssuer},
		{"the old one and a slash", func(old, next *idp) { next.claims["iss"], next.signer = old.URL+"/", old.signer }, ReasonIDTokenSignature},
		{"none", func(_, next *idp) { next.claims["iss"] = nil }, ReasonIDTokenIssuer},
	} {
		t.Run(test.name, func(t *testing.T) {
			old, next, p := moving(t, nil)
			test.set(old, next)
			grant, err := redeem(p)
			wantReason(t, err, test.reason)
			if err == nil && (grant.Identity.Issuer != next.idTokenIssuer() || !p.Issues(grant.Identity.Issuer)) {
				t.Errorf("issuer %q", grant.Identity.Issuer)
			}
			if old.asked("/token")+old.asked("/authorize") > 0 {
				t.Error("the old address was asked")
			}
		})
	}
}

func (i *idp) idTokenIssuer() any { return overlay(i.goodClaims(), i.claims)["iss"] }

// TestResponseOfEitherIssuer: the iss of RFC 9207 may be one of the two.
func TestResponseOfEitherIssuer(t *testing.T) {
	old, next, p := moving(t, nil)
	for iss, want := range map[string]string{old.URL: "", next.URL: "", "https://evil.example": ReasonResponseIssuer, old.URL + "/": ReasonResponseIssuer} {
		wantReason(t, p.CheckResponse(url.Values{"code": {"c"}, "state": {"s"}, "iss": {iss}}), want)
	}
}

// TestFurtherIssuerThatIsDownHindersNobody: sign-ins go to the first.
func TestFurtherIssuerThatIsDownHindersNobody(t *testing.T) {
	old, _, p := moving(t, nil)
	old.Close()
	if err := p.refresh(t.Context()); err != nil {
		t.Errorf("refresh: %v", err)
	}
	if _, err := redeem(p); err != nil {
		t.Error(err)
	}
}

// TestEachDocumentStatesItsOwnIssuer: the old address must not name the keys of
// the new issuer, nor the other way round.
func TestEachDocumentStatesItsOwnIssuer(t *testing.T) {
	old, next, p := moving(t, nil)
	old.discovery["issuer"] = next.URL
	next.claims["iss"], next.signer = old.URL, old.signer
	_, err := redeem(p)
	wantReason(t, err, ReasonDiscoveryIssuer)
	delete(old.discovery, "issuer")
	p.sources[1].metadata.failed, p.sources[1].keys.shared.failed = time.Time{}, time.Time{} // some seconds later
	if _, err := redeem(p); err != nil {
		t.Errorf("the next sign-in: %v", err)
	}
}

func TestOneIssuerTwiceIsRefused(t *testing.T) {
	i := newIDP(t)
	if _, err := New(i.options(func(o *Options) { o.Others = []At{{Issuer: i.URL}} })); err == nil {
		t.Error("accepted")
	}
}
