package provider

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// The ways in which a client authenticates (OpenID Connect Core section 9).
const (
	authNone       = "none"
	authBasic      = "client_secret_basic"
	authPost       = "client_secret_post"
	authSecretJWT  = "client_secret_jwt"
	authPrivateJWT = "private_key_jwt"
)

// minHMACSecret is what HS256 needs of a secret, in bytes (RFC 7518 section 3.2).
const minHMACSecret = 32

// clientAuth is how we authenticate at every endpoint of this provider that
// wants to know who calls, and with which secrets, in the order in which the
// configuration lists them. There is at least one; ways without a secret have
// the empty one.
//
// auto is private_key_jwt with a key alone, none without a secret, otherwise
// basic if discovery lists it or lists nothing, else post.
func (p *Provider) clientAuth(m *metadata) (way string, secrets []string) {
	way, secrets = p.o.ClientAuth, p.o.ClientSecrets
	switch {
	case way != "auto":
	case len(secrets) == 0 && p.o.ClientKey != nil:
		way = authPrivateJWT
	case len(secrets) == 0:
		way = authNone
	case len(m.authMethods) == 0 || slices.Contains(m.authMethods, authBasic):
		way = authBasic
	default:
		way = authPost
	}
	if way == authNone || way == authPrivateJWT {
		secrets = []string{""}
	}
	return way, secrets
}

// authenticate puts our proof into a request that is about to be sent. What it
// adds is returned as well, so that no answer which repeats it gets into a log.
func (p *Provider) authenticate(m *metadata, header http.Header, form url.Values, way, secret string) (added []string, err error) {
	switch way {
	case authBasic:
		// Each half is form-encoded first, so that a colon or a letter beyond
		// ASCII survives (RFC 6749 section 2.3.1).
		r := http.Request{Header: header}
		r.SetBasicAuth(url.QueryEscape(p.o.ClientID), url.QueryEscape(secret))
		return []string{secret, header.Get("Authorization")[len("Basic "):]}, nil
	case authPost:
		form.Set("client_id", p.o.ClientID)
		form.Set("client_secret", secret)
		return []string{secret}, nil
	case authSecretJWT, authPrivateJWT:
		assertion, err := p.assertion(m, way, secret)
		if err != nil {
			return nil, err
		}
		form.Set("client_id", p.o.ClientID)
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
		return []string{secret, assertion}, nil
	}
	form.Set("client_id", p.o.ClientID)
	return nil, nil
}

// checkClientAuth refuses what cannot authenticate, or not safely.
func (o *Options) checkClientAuth() error {
	switch {
	case slices.Contains(o.ClientSecrets, ""):
		return errors.New("client_secret is empty")
	case len(o.ClientSecrets) == 0 && slices.Contains([]string{authBasic, authPost, authSecretJWT}, o.ClientAuth):
		return fmt.Errorf("client_auth: %s needs a client_secret", o.ClientAuth)
	case o.ClientAuth == authPrivateJWT && o.ClientKey == nil:
		return errors.New("client_auth: private_key_jwt needs a private_key")
	case o.ClientAuth == authSecretJWT && slices.ContainsFunc(o.ClientSecrets, func(s string) bool { return len(s) < minHMACSecret }):
		return fmt.Errorf("client_auth: client_secret_jwt needs a client_secret of at least %d bytes", minHMACSecret)
	}
	return nil
}
