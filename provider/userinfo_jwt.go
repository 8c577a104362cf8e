package provider

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// signedUserinfo reads userinfo that comes as a signed JWT, as PingOne Advanced
// Identity Cloud can send it (OpenID Connect Core section 5.3.2). It is held to
// what an ID token is: one of our algorithms, the keys of the issuer that signed
// the ID token, that issuer, our client_id, and the clock where it names times.
// Without iss and aud, another token of the provider's could pass for it.
func (p *Provider) signedUserinfo(ctx context.Context, jwt string, token identity.Claims) (identity.Claims, error) {
	if strings.Count(jwt, ".") == 4 {
		return nil, refuse(ReasonUserinfoJWT, "userinfo is encrypted; have the provider sign it only, or send JSON")
	}
	read, failure := readJWS(jwt, p.o.SigningAlgs, "jwt", "jose")
	if failure != nil {
		return nil, badUserinfo(failure)
	}
	issuer, _ := token["iss"].(string)
	from := p.sourceOf(issuer)
	if from == nil {
		return nil, refuse(ReasonUserinfoJWT, "the ID token has no issuer of ours")
	}
	payload, err := from.keys.verify(ctx, jwt)
	if err != nil {
		return nil, badUserinfo(err)
	}
	claims, err := read.proven(payload)
	if err != nil {
		return nil, refuse(ReasonUserinfoJWT, "%s", brief(err.Error()))
	}
	if iss, _ := claims["iss"].(string); iss != issuer {
		return nil, refuse(ReasonUserinfoJWT, "expected issuer %q, userinfo says %q", issuer, brief(iss))
	}
	if !identity.Readable(claims["aud"]) || !slices.Contains(identity.Strings(claims["aud"]), p.o.ClientID) {
		return nil, refuse(ReasonUserinfoJWT, "aud does not hold our client_id")
	}
	now, skew := p.o.Now(), p.o.ClockSkew
	for _, name := range []string{"exp", "iat", "nbf"} { // each may be missing
		v, present := claims[name]
		if !present {
			continue
		}
		t, ok := numericDate(v)
		over := name == "exp" && !now.Before(t.Add(skew))
		early := name != "exp" && t.After(now.Add(skew))
		if !ok || over || early {
			return nil, refuse(ReasonUserinfoJWT, "%s is %s, it is %s", name, stamp(t), stamp(now))
		}
	}
	return claims, nil
}

// badUserinfo gives a refusal of the shared checks this token's name.
func badUserinfo(err error) error {
	var e *Error
	if errors.As(err, &e) && !e.Unavailable {
		return &Error{Reason: ReasonUserinfoJWT, Err: e}
	}
	return err
}
