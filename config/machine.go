package config

import (
	"errors"
	"time"
)

// ServiceToken is one item of `service_tokens`: a program that calls, and the
// hash of what it proves itself with.
type ServiceToken struct {
	Name         string   `yaml:"name" doc:"Required. Up to 40 of a-z, A-Z, 0-9, ., _ and -. Policies, logs and upstreams know the program by it."`
	SecretSHA256 []string `yaml:"secret_sha256" placeholder:"0000000000000000000000000000000000000000000000000000000000000000" doc:"Required. SHA-256 of the whole token in hex, as gatehouse keygen service-token prints it. A list while the token is changed."`
	Expires      Time     `yaml:"expires" placeholder:"2099-01-01T00:00:00Z" doc:"When the token stops working, like 2027-06-01T00:00:00Z. Default never."`
}

// Bearer is one item of `bearer`: whose access tokens programs may bring.
type Bearer struct {
	Name       string   `yaml:"name" doc:"Required. Up to 40 of a-z, A-Z, 0-9, ., _ and -. Routes and policies refer to it."`
	Issuer     string   `yaml:"issuer" placeholder:"https://placeholder.invalid/as" doc:"The iss of the tokens, byte for byte. Instead of provider."`
	Provider   string   `yaml:"provider" doc:"A provider of the file, whose issuer and keys count. Instead of issuer."`
	Audiences  []string `yaml:"audiences" doc:"Required. A token must be meant for one of these (aud)."`
	Algs       []string `yaml:"algs" default:"[RS256, ES256, PS256, EdDSA]" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA" doc:"Accepted signature algorithms, asymmetric only."`
	JWKS       *URL     `yaml:"jwks" doc:"Where the issuer's keys are. Default the jwks_uri of its discovery document."`
	Claims     ClaimMap `yaml:"claims" doc:"Which claims of a token mean what."`
	As         string   `yaml:"as" default:"machine" enum:"machine,user" doc:"Whom the token speaks of: a program (service_auth rules) or a person (allow rules)."`
	Introspect bool     `yaml:"introspect" doc:"Asks the provider about each token (RFC 7662) instead of reading it, for tokens that are no JWTs."`
}

// Time is a moment, written like 2027-06-01T00:00:00Z or 2027-06-01.
type Time struct{ time.Time }

func (t *Time) parse(text string, src source) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if parsed, err := time.Parse(layout, text); err == nil {
			t.Time = parsed
			return nil
		}
	}
	return errors.New(src.quote(text) + " is no moment; write it like 2027-06-01T00:00:00Z")
}
