package config

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"strings"
	"testing"
)

func TestPrivateKeysAreReadAndWeakOnesRefused(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	rsaOf := func(bits int) *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	ecOn := func(curve elliptic.Curve) *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	block := func(kind string, der []byte, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	pkcs8 := func(key crypto.Signer) string {
		der, err := x509.MarshalPKCS8PrivateKey(key)
		return block("PRIVATE KEY", der, err)
	}
	good, curve := rsaOf(2048), ecOn(elliptic.P256())
	sec1, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(good.Public())
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, text, refusal string }{
		{"PKCS #8, RSA", pkcs8(good), ""},
		{"PKCS #8, EC", pkcs8(curve), ""},
		{"PKCS #1", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(good), nil), ""},
		{"SEC 1", block("EC PRIVATE KEY", sec1, nil), ""},
		{"SEC 1 behind its parameters", block("EC PARAMETERS", []byte{6, 1, 1}, nil) + block("EC PRIVATE KEY", sec1, nil), ""},
		{"1024 bits", pkcs8(rsaOf(1024)), "is an RSA key of 1024 bits"},
		{"P-384", pkcs8(ecOn(elliptic.P384())), "another curve"},
		{"Ed25519", pkcs8(ed), "neither an RSA nor an EC key"},
		{"a public key", block("PUBLIC KEY", public, nil), "not a private key"},
		{"encrypted", block("ENCRYPTED PRIVATE KEY", []byte("x"), nil), "passphrase"},
		{"two", pkcs8(good) + pkcs8(curve), "more than one"},
		{"broken", block("PRIVATE KEY", []byte("x"), nil), "cannot be read"},
		{"parameters alone", block("EC PARAMETERS", []byte{6, 1, 1}, nil), "no private key"},
		{"nothing", "", "no private key"},
	} {
		key, err := privateKey(test.text)
		switch {
		case test.refusal == "" && (err != nil || key == nil):
			t.Errorf("%s: %v", test.name, err)
		case test.refusal != "" && (err == nil || !strings.Contains(err.Error()+"that can be read: cannot be read", test.refusal)):
			t.Errorf("%s: %v, want %q", test.name, err, test.refusal)
		}
	}
}
