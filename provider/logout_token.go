package provider

import (
	"context"
	"slices"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

const (
	// maxLogoutToken bounds a logout token, in bytes.
	maxLogoutToken = 16 << 10
	// logoutTokenLife is how old a logout token may be. Providers send them at
	// once; the specification suggests two minutes (section 4), and delivery
	// may be tried again.
	logoutTokenLife = 5 * time.Minute
	// logoutEvent is the member of events that makes it a logout token.
	logoutEvent = "http://schemas.openid.net/event/backchannel-logout"
)

// LogoutToken is a provider's word that a session of its own, or all of a
// person's, are over.
type LogoutToken struct {
	Issuer       string
	SID, Subject string // at least one
	// ID is the jti. The token may be used once; Until is when it is too old
	// to be used at all.
	ID    string
	Until time.Time
}

// VerifyLogoutToken is OpenID Connect Back-Channel Logout 1.0 section 2.6 but
// for the jti, which the caller remembers. Every error but an Unavailable one
// means that the token ends nothing.
func (p *Provider) VerifyLogoutToken(ctx context.Context, token string) (*LogoutToken, error) {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	if len(token) > maxLogoutToken {
		return nil, refuse(ReasonLogoutToken, "%d bytes are too many", len(token))
	}
	read, failure := readJWS(token, p.o.SigningAlgs, "logout+jwt", "jwt")
	if failure != nil {
		return nil, notLogout(failure)
	}
	from := p.sourceOf(read.claimedIssuer())
	if from == nil {
		return nil, refuse(ReasonLogoutToken, "expected issuer %q, the token says %q", p.Issuers(), brief(read.claimedIssuer()))
	}
	payload, err := from.keys.verifyUninvited(ctx, token)
	if err != nil {
		return nil, notLogout(err)
	}
	claims, err := read.proven(payload)
	if err != nil {
		return nil, refuse(ReasonLogoutToken, "%s", brief(err.Error()))
	}
	found, failure := p.checkLogoutClaims(claims, from.at.Issuer)
	if failure != nil {
		return nil, failure
	}
	return found, nil
}

func (p *Provider) checkLogoutClaims(c identity.Claims, issuer string) (*LogoutToken, *Error) {
	found := &LogoutToken{}
	if found.Issuer, _ = c["iss"].(string); found.Issuer != issuer {
		return nil, refuse(ReasonLogoutToken, "expected issuer %q, the token says %q", issuer, brief(found.Issuer))
	}
	audience, err := audienceOf(c)
	if err != nil {
		return nil, refuse(ReasonLogoutToken, "%w", err)
	}
	if !slices.Contains(audience, p.o.ClientID) {
		return nil, refuse(ReasonLogoutToken, "aud does not hold our client_id")
	}
	iat, hasIat := numericDate(c["iat"])
	exp, hasExp := numericDate(c["exp"])
	now, skew := p.o.Now(), p.o.ClockSkew
	found.Until = iat.Add(logoutTokenLife + skew)
	switch {
	case !hasIat || !hasExp:
		return nil, refuse(ReasonLogoutToken, "iat or exp is missing or no sensible number of seconds")
	case iat.After(now.Add(skew)):
		return nil, refuse(ReasonLogoutToken, "iat is %s, it is %s", stamp(iat), stamp(now))
	case !now.Before(exp.Add(skew)) || !now.Before(found.Until):
		return nil, refuse(ReasonLogoutToken, "issued at %s, expired at %s, it is %s", stamp(iat), stamp(exp), stamp(now))
	}
	if nbf, present := c["nbf"]; present {
		if t, ok := numericDate(nbf); !ok || t.After(now.Add(skew)) {
			return nil, refuse(ReasonLogoutToken, "nbf is in the future or no number")
		}
	}
	events, _ := c["events"].(map[string]any)
	if _, isObject := events[logoutEvent].(map[string]any); !isObject {
		return nil, refuse(ReasonLogoutToken, "events lacks %s", logoutEvent)
	}
	// An ID token has a nonce, so that one cannot pass for the other (2.4).
	if _, present := c["nonce"]; present {
		return nil, refuse(ReasonLogoutToken, "has a nonce")
	}
	for _, member := range []struct {
		name string
		into *string
	}{{"jti", &found.ID}, {"sid", &found.SID}, {"sub", &found.Subject}} {
		v, present := c[member.name]
		s, isString := v.(string)
		if present && (!isString || s == "" || len(s) > maxSubject) {
			return nil, refuse(ReasonLogoutToken, "%s is no string of 1 to %d bytes", member.name, maxSubject)
		}
		*member.into = s
	}
	switch {
	case found.ID == "":
		return nil, refuse(ReasonLogoutToken, "jti is missing")
	case found.SID == "" && found.Subject == "":
		return nil, refuse(ReasonLogoutToken, "both sid and sub are missing")
	}
	return found, nil
}

// notLogout gives a refusal of the shared checks this token's name.
func notLogout(err error) error {
	if e, ok := err.(*Error); ok && !e.Unavailable {
		return &Error{Reason: ReasonLogoutToken, Err: e}
	}
	return err
}
