package provider

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// documents fetches and judges the discovery document. It returns nil if a
// sign-in could not begin with it.
func (x *examiner) documents(ctx context.Context, at At) *metadata {
	a, failure := x.ask(ctx, at.DiscoveryURL)
	if failure != nil {
		x.bad("discovery", failure.about(at.DiscoveryURL), "%s", remedyOf(failure))
		return nil
	}
	x.clock(a)
	document, failure := x.fetch.objectOf(a, at.DiscoveryURL)
	if failure != nil {
		x.bad("discovery", failure, "%s", x.misplaced(ctx, failure))
		return nil
	}
	x.good("discovery", "%s", at.DiscoveryURL)
	if issuer, _ := document["issuer"].(string); issuer != at.Issuer {
		x.bad("issuer", refuse(ReasonDiscoveryIssuer, "expected %q, the document says %q", at.Issuer, brief(issuer)), "%s", x.otherIssuer(at.Issuer, issuer))
		return nil
	}
	x.good("issuer", "%s", at.Issuer)
	m, failure := x.readMetadata(document, at)
	if failure != nil {
		x.bad("endpoints", failure, "Have the provider's metadata mended, or name the endpoint under endpoints.")
		return nil
	}
	x.algorithms(document)
	return m
}

// clock compares the answer's Date with our clock; a second is its resolution.
func (x *examiner) clock(a *answer) {
	date, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		x.good("clock", "the provider does not say what time it is")
		return
	}
	off := x.o.Now().Sub(date).Round(time.Second)
	side := "ahead of"
	if off < 0 {
		side, off = "behind", -off
	}
	switch {
	case off > max(x.o.ClockSkew, 2*time.Second):
		x.bad("clock", fmt.Errorf("this machine is %v %s the provider, more than clock_skew (%v)", off, side, x.o.ClockSkew),
			"Set this machine's clock by NTP (timedatectl set-ntp true); tokens would count as expired or not valid yet.")
	case off > 2*time.Second:
		x.good("clock", "%v %s the provider's, within clock_skew (%v)", off, side, x.o.ClockSkew)
	default:
		x.good("clock", "as the provider's")
	}
}

// misplaced is for a document that is not where it is expected.
func (x *examiner) misplaced(ctx context.Context, failure *Error) string {
	for _, other := range x.Elsewhere {
		a, missing := x.ask(ctx, other.At.DiscoveryURL)
		if missing != nil {
			continue
		}
		document, missing := x.fetch.objectOf(a, other.At.DiscoveryURL)
		if missing == nil && document["issuer"] == other.At.Issuer {
			return "The environment is there under another region: write " + other.Name + "."
		}
	}
	if failure.Reason == ReasonAnswerStatus && len(x.Elsewhere) > 0 {
		return "No region knows this environment: copy environment_id from PingOne, Settings, Environment Properties."
	}
	return remedyOf(failure)
}

// otherIssuer tells the usual slips apart.
func (x *examiner) otherIssuer(want, got string) string {
	switch {
	case got == "":
		return "The document names no issuer, so it is no OpenID provider's: correct issuer or discovery_url."
	case strings.TrimSuffix(got, "/") == strings.TrimSuffix(want, "/"):
		return fmt.Sprintf("They differ by a slash at the end: write issuer: %s.", brief(got))
	}
	for _, other := range x.Elsewhere {
		if other.At.Issuer == got {
			return "That is another region: write " + other.Name + "."
		}
	}
	return fmt.Sprintf("If that is the provider you mean, write issuer: %s; otherwise correct the address.", brief(got))
}

// remedyOf says what mends a document that could not be had.
func remedyOf(e *Error) string {
	switch e.Reason {
	case ReasonAnswerNotJSON:
		return "Something else answers there, often a login page, a captive portal or a proxy's error page: open the address and correct issuer or discovery_url."
	case ReasonAnswerMalformed, ReasonAnswerTooLarge:
		return "What answers there is no discovery document: open the address, and correct it or have the provider mended."
	case ReasonAnswerStatus:
		return "Nothing is published at this address: correct issuer (region, environment, tenant, realm) or discovery_url."
	case ReasonRedirects:
		return "The address has moved to another host, which is not followed: write the new one."
	case ReasonThrottling:
		return "The provider throttles this machine: wait and try again."
	case ReasonFailing:
		return "The provider is failing: see its status page, and try again."
	}
	return Remedy(e)
}

// algorithms compares what ID tokens may be signed with.
func (x *examiner) algorithms(document identity.Claims) {
	offered := identity.Strings(document["id_token_signing_alg_values_supported"])
	shared := slices.DeleteFunc(slices.Clone(offered), func(alg string) bool { return !slices.Contains(x.o.SigningAlgs, alg) })
	switch {
	case len(offered) == 0:
		x.good("algorithms", "the provider does not list any; %s are accepted", strings.Join(x.o.SigningAlgs, ", "))
	case len(shared) > 0:
		x.good("algorithms", "ID tokens are signed with %s", brief(strings.Join(shared, ", ")))
	default:
		x.bad("algorithms", fmt.Errorf("the provider signs with %s, none of which is in signing_algs", brief(strings.Join(offered, ", "))),
			"Have the application's ID tokens signed with RS256 or ES256 at the provider, or add an asymmetric algorithm of its list to signing_algs. HS* and none are never accepted.")
	}
}

// further looks at an issuer that is only accepted.
func (x *examiner) further(ctx context.Context, at At) {
	a, failure := x.ask(ctx, at.DiscoveryURL)
	var document identity.Claims
	if failure == nil {
		document, failure = x.fetch.objectOf(a, at.DiscoveryURL)
	}
	if failure == nil && document["issuer"] != at.Issuer {
		failure = refuse(ReasonDiscoveryIssuer, "%s does not say issuer %q", at.DiscoveryURL, at.Issuer)
	}
	if failure != nil {
		x.bad("further issuer", failure, "Tokens of %s are refused until this is mended; take it off issuer's list if it is not needed any more.", at.Issuer)
		return
	}
	x.good("further issuer", "%s", at.Issuer)
}

// keySet fetches the keys and looks for one that can verify.
func (x *examiner) keySet(ctx context.Context, m *metadata) {
	a, failure := x.ask(ctx, m.jwks)
	var set identity.Claims
	if failure == nil {
		set, failure = x.fetch.objectOf(a, m.jwks)
	}
	if failure != nil {
		x.bad("keys", failure.about("keys"), "%s", remedyOf(failure))
		return
	}
	keys, skipped, err := readKeys(set)
	if err != nil {
		x.bad("keys", refuse(ReasonIDTokenKey, "%s: %s", m.jwks, brief(err.Error())),
			"Have the provider publish an RSA key of at least 2048 bits or an EC key for signatures.")
		return
	}
	usable := 0
	for _, k := range keys {
		if slices.ContainsFunc(k.algs, func(alg string) bool { return slices.Contains(x.o.SigningAlgs, alg) }) {
			usable++
		}
	}
	switch {
	case usable == 0:
		x.bad("keys", refuse(ReasonIDTokenKey, "none of %d keys is for an algorithm in signing_algs", len(keys)), "Add the algorithm that the provider signs with to signing_algs.")
	case skipped > 0:
		x.good("keys", "%d usable, %d for other purposes left out", usable, skipped)
	default:
		x.good("keys", "%d usable", usable)
	}
}

// pkce judges what discovery says of S256. A provider that lists nothing ignores
// a challenge at worst.
func (x *examiner) pkce(m *metadata) {
	switch {
	case x.o.PKCE == "off":
		x.good("pkce", "off by the configuration; pkce: required protects the code, and costs nothing")
	case m.s256:
		x.good("pkce", "S256")
	case !m.challengesListed && x.o.PKCE == "required":
		x.good("pkce", "S256 is sent; the provider does not list it, and may ignore it")
	case !m.challengesListed:
		x.good("pkce", "not used: the provider does not list S256 (pkce: required sends it all the same)")
	case x.o.PKCE == "auto":
		x.good("pkce", "not used: the provider lists other methods only")
	default:
		x.bad("pkce", fmt.Errorf("the provider lists challenge methods, and S256 is not among them"),
			"Switch on PKCE with S256 for the application at the provider; if it cannot, write pkce: auto.")
	}
}

// standardScopes are those whose absence from a list means something; others
// need not be listed (OpenID Connect Discovery section 3).
var standardScopes = []string{"openid", "email", "profile", "address", "phone"}

func (x *examiner) scopeList(m *metadata) {
	asked := strings.Join(x.o.Scopes, " ")
	var missing []string
	for _, scope := range x.o.Scopes {
		if len(m.scopes) > 0 && slices.Contains(standardScopes, scope) && !slices.Contains(m.scopes, scope) {
			missing = append(missing, scope)
		}
	}
	if len(missing) > 0 {
		x.bad("scopes", fmt.Errorf("the provider does not list %s", strings.Join(missing, ", ")),
			"Allow the scope at the provider, or leave it out of scopes: its claims would not come.")
		return
	}
	x.good("scopes", "%s are asked for; the test page of the admin listener shows whether this application was granted them", asked)
}

func (x *examiner) userinfoEndpoint(m *metadata) {
	switch {
	case m.userinfo != "":
		x.good("userinfo", "%s", m.userinfo)
	case x.o.Userinfo == "always":
		x.bad("userinfo", refuse(ReasonUserinfoMissing, "userinfo is always, and the provider has no endpoint"), "Write userinfo: auto, or name the endpoint under endpoints.")
	default:
		x.good("userinfo", "the provider has none: every claim has to come in the ID token")
	}
}

func (x *examiner) endSession(m *metadata) {
	switch {
	case m.signOut.endSession != "":
		x.good("end-session", "%s", m.signOut.endSession)
	case m.signOut.startSLO != "":
		x.good("end-session", "%s (startSLO)", m.signOut.startSLO)
	default:
		x.good("end-session", "the provider has none: signing out ends the session here only (endpoints.end_session names one)")
	}
}
