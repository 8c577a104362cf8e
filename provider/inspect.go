package provider

import (
	"context"
	"errors"
	"slices"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Inspection is a sign-in looked at by an operator: what the provider said and
// what the configuration makes of it. It holds no token.
type Inspection struct {
	// IDToken are the claims of the verified ID token, Userinfo those of the
	// userinfo endpoint, nil if there is none or it was not asked.
	IDToken, Userinfo identity.Claims
	// UserinfoAsked says that a real sign-in would have asked for userinfo too.
	UserinfoAsked bool
	// Identity is what applications and policies would see; nil if the sign-in
	// would have been refused.
	Identity *identity.Identity
	// RefreshToken says that one came. AccessToken is "opaque" or "JWT".
	RefreshToken bool
	AccessToken  string
	// Missing are the claims that the configuration uses and nobody sent.
	Missing []Missing
}

// Missing is a claim that the configuration uses and the provider did not send.
type Missing struct {
	Claim string // the path, or the paths tried
	Use   string // what it would have been for
	Fix   string // which switch at the provider brings it
}

// Inspect redeems a code as Redeem does, and keeps what each step found. With
// an error the Inspection holds what came before it, and may be empty, never
// nil. A userinfo endpoint is asked even if a real sign-in would do without,
// unless the configuration says never.
func (p *Provider) Inspect(ctx context.Context, r Redemption) (*Inspection, error) {
	found := &Inspection{}
	if r.Code == "" || r.RedirectURI == "" || r.Nonce == "" {
		return found, errors.New("redemption without code, redirect URI or nonce")
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	return found, p.inspect(ctx, r, found)
}

func (p *Provider) inspect(ctx context.Context, r Redemption, found *Inspection) error {
	at, err := p.metadata.get(ctx)
	if err != nil {
		return err
	}
	t, err := p.exchange(ctx, at.value, r)
	if err != nil {
		return err
	}
	found.RefreshToken, found.AccessToken = t.refresh != "", tokenForm(t.access)
	maxAge, asked := p.wantedAge(r)
	proof, err := p.verifyIDToken(ctx, t.id, expectation{nonce: r.Nonce, accessToken: t.access, authTime: asked, maxAge: maxAge})
	if err != nil {
		return err
	}
	found.IDToken = proof.claims
	found.UserinfoAsked = p.o.Userinfo == "always" || p.o.Userinfo == "auto" && at.value.userinfo != "" && !p.complete(proof.claims)
	merged := layers{token: proof.claims}
	if found.UserinfoAsked || p.o.Userinfo != "never" && at.value.userinfo != "" {
		found.Userinfo, err = p.userinfoOf(ctx, at.value, t.access, proof.claims)
		if err != nil && found.UserinfoAsked {
			return err
		}
		if found.UserinfoAsked {
			merged.userinfo = found.Userinfo
		}
	}
	found.Missing = p.missing(layers{token: proof.claims, userinfo: found.Userinfo})
	who, err := p.identify(merged)
	if err != nil {
		return err
	}
	found.Identity = &who
	return nil
}

// tokenForm tells a JWT by its look alone: access tokens are not ours to read.
func tokenForm(token string) string {
	if claimedIssuer(token) != "" {
		return "JWT"
	}
	return "opaque"
}

// missing compares what the configuration uses with what came.
func (p *Provider) missing(l layers) []Missing {
	var list []Missing
	add := func(paths []string, use string) {
		if len(paths) == 0 {
			return
		}
		if _, _, found := l.first(paths); !found {
			list = append(list, Missing{joined(paths), use, p.advice(paths[0], use)})
		}
	}
	m := p.o.Claims
	add(m.Email, "e-mail address")
	add(m.Groups, "groups")
	add(m.Username, "user name")
	add(m.Name, "display name")
	for _, path := range p.o.Keep {
		if _, _, found := l.lookup(path); !found {
			list = append(list, Missing{path, "headers or policies", p.advice(path, "")})
		}
	}
	if _, _, has := l.first(m.Email); has && l.silentOnVerification() && !p.trustsSilence() {
		list = append(list, Missing{"email_verified", "rules by e-mail address",
			"Without it the address counts as unverified here: map email_verified at the provider, or list the domains it may speak for in email_domains."})
	}
	return list
}

func (l layers) silentOnVerification() bool {
	_, inToken := l.token["email_verified"]
	_, inUserinfo := l.userinfo["email_verified"]
	return !inToken && !inUserinfo
}

func joined(paths []string) string {
	text := paths[0]
	for _, path := range paths[1:] {
		text += ", " + path
	}
	return text
}

// advice names the switch at this kind of provider that brings a claim.
func (p *Provider) advice(claim, use string) string {
	kind, _ := profileOf(p.o.Type)
	scope := ""
	switch {
	case claim == "email":
		scope = "email"
	case slices.Contains([]string{"name", "preferred_username", "given_name", "family_name", "picture", "locale", "zoneinfo", "updated_at"}, claim):
		scope = "profile"
	}
	switch {
	case scope != "" && !slices.Contains(p.o.Scopes, scope):
		return "Add " + scope + " to scopes in the configuration; " + lowerFirst(kind.scopes(scope))
	case scope != "":
		return kind.scopes(scope)
	}
	return kind.attribute(claim, use == "groups")
}

func lowerFirst(s string) string {
	if s != "" && 'A' <= s[0] && s[0] <= 'Z' {
		return string(s[0]+'a'-'A') + s[1:]
	}
	return s
}
