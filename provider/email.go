package provider

import (
	"slices"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// vouch is what a provider says of an address.
type vouch int

const (
	silent vouch = iota // nothing
	denied              // false, or something that is no boolean
	vouched
)

// emailVerified says whether policies may trust the address, by the
// configuration's require_email_verified:
//
//   - always: only if the provider says so; otherwise the sign-in is refused.
//   - never: every address.
//   - auto: if the provider says so. If it is silent, then from the types
//     whose addresses an administrator keeps, from a provider with
//     email_domains, and from an only provider. Among several others one may
//     let its users choose their address (case: a staff address without
//     email_verified).
//
// Whatever the mode, an address that ParseEmail refuses and one outside
// email_domains is never verified.
func (p *Provider) emailVerified(l layers, address string, fromUserinfo bool) (bool, error) {
	says := l.vouchFor(address, fromUserinfo)
	email, readable := identity.ParseEmail(address)
	if p.o.RequireEmailVerified == "always" && (says != vouched || !readable) {
		return false, refuse(ReasonEmailNotVerified, "the provider does not say that the address is verified")
	}
	domains := p.o.EmailDomains // folded by New
	switch {
	case !readable:
		return false, nil
	case len(domains) > 0 && !slices.Contains(domains, email.Domain):
		return false, nil
	case p.o.RequireEmailVerified == "never", says == vouched:
		return true, nil
	case says == denied:
		return false, nil
	}
	return p.trustsSilence(), nil
}

// trustsSilence tells whether an absent email_verified counts as true.
func (p *Provider) trustsSilence() bool {
	kind, _ := profileOf(p.o.Type)
	return kind.managed || len(p.o.EmailDomains) > 0 || p.o.OnlyProvider || p.o.RequireEmailVerified == "never"
}

// vouchFor reads email_verified for the address in use.
//
// That claim is about the claim email beside it (OpenID Connect Core section
// 5.1), not about whatever else the configuration reads an address from, nor
// about the email of the other document. So a true counts only if that very
// address is the email it stands beside; anything but true counts against the
// address even if it stands beside none.
func (l layers) vouchFor(address string, fromUserinfo bool) vouch {
	own, other := l.token, l.userinfo
	if fromUserinfo {
		own, other = other, own
	}
	if says := vouchIn(own, address); says != silent {
		return says
	}
	if beside, present := other["email"]; present && beside != address {
		return silent
	}
	return vouchIn(other, address)
}

func vouchIn(c identity.Claims, address string) vouch {
	flag, present := c["email_verified"]
	switch {
	case !present:
		return silent
	case flag != true:
		return denied
	case c["email"] != address || address == "":
		return silent
	}
	return vouched
}
