package assertion

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	jose "github.com/go-jose/go-jose/v4"
)

// cloudflareClaims is the payload of Cloudflare Access's application token, as
// its documentation describes it ("Application token"): aud is a list, type is
// app, and what the provider says beyond the address stands under custom.
// country is left out, because nothing here knows it.
func (p *Plan) cloudflareClaims(out *payload, c Caller) error {
	who := c.Identity
	out.text("iss", p.o.Issuer)
	if err := out.value("aud", []string{p.audience(c)}); err != nil {
		return err
	}
	out.times()
	out.text("type", "app")
	if c.Machine != nil {
		// A service token's name, and nobody ("Service token authentication").
		out.text("common_name", c.Machine.Name)
		out.text("sub", "")
		return nil
	}
	out.text("sub", who.Subject)
	out.text("email", who.Email)
	out.text("identity_nonce", nonce(c.Session))
	custom := map[string]any{}
	for path, v := range p.chosen(who) {
		if path != "email" {
			custom[path] = v
		}
	}
	if len(custom) == 0 {
		return nil
	}
	return out.value("custom", custom)
}

// nonce is what Cloudflare calls a cache key for the identity: 16 characters
// that are the same throughout a session and name it to nobody.
func nonce(session string) string {
	sum := sha256.Sum256([]byte("gatehouse identity_nonce " + session))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// certificate is a public key as Cloudflare publishes it besides the JWK.
type certificate struct {
	KeyID string `json:"kid"`
	Cert  string `json:"cert"`
}

// CloudflareCerts is the document of /cdn-cgi/access/certs: the RSA keys as a
// JSON Web Key Set and as certificates, the signing one first. Certificates
// are self-signed and mean nothing beyond the key in them; they are the same
// on every replica and after every restart, as the keys are.
func (ks *Keys) CloudflareCerts() ([]byte, error) {
	out := struct {
		Keys   []jose.JSONWebKey `json:"keys"`
		Cert   certificate       `json:"public_cert"`
		Others []certificate     `json:"public_certs"`
	}{}
	for _, k := range ks.list {
		if k.alg != RS256 {
			continue
		}
		cert, err := k.selfSigned()
		if err != nil {
			return nil, err
		}
		out.Keys = append(out.Keys, jose.JSONWebKey{Key: k.Public(), KeyID: k.id, Algorithm: k.alg, Use: "sig"})
		out.Others = append(out.Others, certificate{k.id, cert})
	}
	if len(out.Keys) == 0 {
		return nil, fmt.Errorf("cloudflare needs an RSA key")
	}
	out.Cert = out.Others[0]
	return json.Marshal(out)
}

// selfSigned puts the public half of an RSA key into a certificate in PEM form.
func (k *Key) selfSigned() (string, error) {
	private := k.private.(*rsa.PrivateKey)
	serial := sha256.Sum256([]byte(k.id))
	template := &x509.Certificate{
		SerialNumber:       new(big.Int).SetBytes(serial[:16]),
		Subject:            pkix.Name{CommonName: "Gatehouse assertion key"},
		NotBefore:          time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:           time.Date(2049, 12, 31, 0, 0, 0, 0, time.UTC),
		SignatureAlgorithm: x509.SHA256WithRSA, // deterministic, unlike PSS
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", fmt.Errorf("certificate: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}
