package provider

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// MaxAccessToken bounds an access token, in bytes: beyond it nothing of one is
// read.
const MaxAccessToken = 32 << 10

// AccessTokens verifies JWT access tokens (RFC 9068, and what issuers made
// before it) that somebody brings us uninvited. It is safe for concurrent use.
type AccessTokens struct {
	audiences, algs []string
	skew            time.Duration
	now             func() time.Time
	sets            map[string]*keySet // by issuer
}

// AccessToken is a token that holds.
type AccessToken struct {
	Issuer string
	// Subject is sub, or the client of a token that its own credentials
	// obtained and that has no sub (RFC 9068 section 2.2 would give it one,
	// PingOne and others do not).
	Subject string
	// Person says that the token has a sub.
	Person  bool
	Expires time.Time // zero if an introspected token does not say
	// ACR and AuthTime say how and when the person authenticated (RFC 9068
	// section 2.2.1), as far as the token does.
	ACR      string
	AuthTime time.Time
	Claims   identity.Claims
}

// Issued reports whether a token says of itself that it comes from one of
// these issuers. It proves nothing.
func (a *AccessTokens) Issued(token string) bool {
	return len(token) <= MaxAccessToken && a.sets[claimedIssuer(token)] != nil
}

// Verify checks signature, issuer, audience and times, and that the token is
// an access token. Errors are *Error with a ReasonBearer… unless Unavailable:
// then its issuer's keys cannot be had.
func (a *AccessTokens) Verify(ctx context.Context, token string) (*AccessToken, error) {
	if len(token) > MaxAccessToken {
		return nil, refuse(ReasonBearerMalformed, "%d bytes are too many", len(token))
	}
	read, failure := readJWS(token, a.algs, "at+jwt", "jwt")
	if failure != nil {
		return nil, asBearer(failure)
	}
	issuer := read.claimedIssuer()
	set := a.sets[issuer]
	if set == nil {
		return nil, refuse(ReasonBearerIssuer, "issuer %q is not accepted", brief(issuer))
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	payload, err := set.verifyUninvited(ctx, token)
	if err != nil {
		return nil, asBearer(err)
	}
	claims, err := read.proven(payload)
	if err != nil {
		return nil, refuse(ReasonBearerMalformed, "%s", brief(err.Error()))
	}
	if iss, _ := claims["iss"].(string); iss != issuer {
		return nil, refuse(ReasonBearerIssuer, "expected issuer %q, the token says %q", issuer, brief(iss))
	}
	// A client's ID token is signed by the same key for another purpose
	// (RFC 8725 section 3.11, GHSA-wcvh-g65p-v576).
	for _, name := range []string{"nonce", "at_hash", "c_hash", "s_hash"} {
		if _, present := claims[name]; present {
			return nil, refuse(ReasonBearerType, "has %s, so it is an ID token", name)
		}
	}
	if _, has := claims["exp"]; !has {
		return nil, refuse(ReasonBearerTimes, "exp is missing")
	}
	found := &AccessToken{Issuer: issuer, Claims: claims}
	if failure := found.check(a.audiences, a.now(), a.skew); failure != nil {
		return nil, failure
	}
	return found, nil
}

// check holds the claims of a token, or of an introspection's answer, to what
// both must say.
func (t *AccessToken) check(audiences []string, now time.Time, skew time.Duration) *Error {
	c := t.Claims
	audience, err := audienceOf(c)
	if err != nil {
		return refuse(ReasonBearerAudience, "%w", err)
	}
	if !slices.ContainsFunc(audience, func(s string) bool { return slices.Contains(audiences, s) }) {
		return refuse(ReasonBearerAudience, "aud holds none of %q", audiences)
	}
	if failure := t.checkType(); failure != nil {
		return failure
	}
	for _, name := range []string{"exp", "nbf", "iat"} {
		v, present := c[name]
		if !present {
			continue
		}
		at, ok := numericDate(v)
		switch {
		case !ok:
			return refuse(ReasonBearerTimes, "%s is no sensible number of seconds", name)
		case name == "exp" && !now.Before(at.Add(skew)):
			return refuse(ReasonBearerExpired, "expired at %s, it is %s", stamp(at), stamp(now))
		case name != "exp" && at.After(now.Add(skew)):
			return refuse(ReasonBearerEarly, "%s is %s, it is %s", name, stamp(at), stamp(now))
		case name == "exp":
			t.Expires = at
		}
	}
	t.ACR, _ = c["acr"].(string)
	if at, ok := numericDate(c["auth_time"]); ok && !at.After(now.Add(skew)) {
		t.AuthTime = at
	}
	for _, name := range []string{"sub", "client_id", "azp"} {
		v, present := c[name]
		if !present {
			continue
		}
		if err := checkSubject(v); err != nil {
			return refuse(ReasonBearerSubject, "%s: %w", name, err)
		}
		t.Subject, t.Person = v.(string), name == "sub"
		return nil
	}
	return refuse(ReasonBearerSubject, "sub and client_id are missing")
}

// checkType refuses what says in its claims that it is something else, or that
// whoever brings it must prove more than that they have it.
func (t *AccessToken) checkType() *Error {
	c := t.Claims
	switch {
	case c["events"] != nil:
		return refuse(ReasonBearerType, "has events, so it is a logout or event token")
	case c["cnf"] != nil:
		return refuse(ReasonBearerType, "is bound to a key or certificate (cnf), which nobody can show here")
	}
	// Keycloak names the kind of token in typ, Amazon Cognito in token_use.
	for _, name := range []string{"typ", "token_use", "token_type"} {
		switch kind := identity.FoldASCII(printable(c[name])); strings.ReplaceAll(kind, "_", "") {
		case "id", "idtoken", "refresh", "refreshtoken", "offline", "logout", "dpop", "pop":
			return refuse(ReasonBearerType, "%s says %q", name, brief(printable(c[name])))
		}
	}
	return nil
}

// asBearer gives a refusal of the shared checks a bearer token's name.
func asBearer(err error) error {
	e, ok := err.(*Error)
	if !ok || e.Unavailable {
		return err
	}
	reason := ReasonBearerMalformed
	switch e.Reason {
	case ReasonIDTokenAlgorithm:
		reason = ReasonBearerAlgorithm
	case ReasonIDTokenType:
		reason = ReasonBearerType
	case ReasonIDTokenKey, ReasonIDTokenSignature:
		reason = ReasonBearerSignature
	}
	return &Error{Reason: reason, Err: e}
}

// Identity maps the claims of a token as those of an ID token are mapped. The
// address counts as verified only if the token itself says so; domains, unless
// empty, are those that its issuer may speak for, folded.
func (t *AccessToken) Identity(m ClaimMap, keep, domains []string) identity.Identity {
	l := layers{token: t.Claims}
	who := identity.Identity{Issuer: t.Issuer, Subject: t.Subject, Name: l.text(m.Name), Username: l.text(m.Username)}
	who.Groups, who.GroupsUnreadable = l.groups(m.Groups)
	who.ACR, _ = identity.Scalar(t.Claims["acr"])
	who.AMR = identity.Strings(t.Claims["amr"])
	address, _, _ := l.first(m.Email)
	who.Email, _ = address.(string)
	if email, readable := identity.ParseEmail(who.Email); readable && vouchIn(t.Claims, who.Email) == vouched {
		who.EmailVerified = len(domains) == 0 || slices.Contains(domains, email.Domain)
	}
	for _, path := range keep {
		if v, ok := t.Claims.Lookup(path); ok {
			if who.Claims == nil {
				who.Claims = identity.Claims{}
			}
			who.Claims[path] = v
		}
	}
	return who
}

// EmailDomains are those that the provider may speak for, folded; empty means
// all. Do not change them.
func (p *Provider) EmailDomains() []string { return p.o.EmailDomains }
