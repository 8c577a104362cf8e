package config

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// minRSABits is what providers and upstreams accept (RFC 7518 section 3.3).
const minRSABits = 2048

// ClientKey is the key of private_key_jwt, nil if the file has none.
func (o *Provider) ClientKey() crypto.Signer {
	if o.PrivateKey.IsZero() {
		return nil
	}
	key, _ := privateKey(o.PrivateKey.Reveal()) // checked when the file was loaded
	return key
}

// privateKey reads a private key in PEM form: PKCS #8, or the older forms of
// RSA (PKCS #1) and EC (SEC 1). Its errors never repeat a byte of it.
func privateKey(text string) (crypto.Signer, error) {
	block, rest := pem.Decode([]byte(text))
	if block != nil && block.Type == "EC PARAMETERS" { // openssl ecparam -genkey writes them first
		block, rest = pem.Decode(rest)
	}
	switch {
	case block == nil:
		return nil, errors.New(`is no private key in PEM form; name its file, like "${file:/etc/gatehouse/rp.pem}"`)
	case strings.Contains(block.Type, "ENCRYPTED"), block.Headers["DEK-Info"] != "":
		return nil, errors.New("is encrypted with a passphrase; give it without one and protect the file instead")
	case !strings.HasSuffix(block.Type, "PRIVATE KEY"):
		return nil, errors.New("is not a private key but another kind of PEM; look for BEGIN PRIVATE KEY")
	}
	if next, _ := pem.Decode(rest); next != nil {
		return nil, errors.New("holds more than one PEM block; give the private key alone")
	}
	for _, parse := range []func([]byte) (any, error){
		x509.ParsePKCS8PrivateKey,
		func(der []byte) (any, error) { return x509.ParsePKCS1PrivateKey(der) },
		func(der []byte) (any, error) { return x509.ParseECPrivateKey(der) },
	} {
		if key, err := parse(block.Bytes); err == nil {
			return suitable(key)
		}
	}
	return nil, errors.New("is not a private key that can be read: PKCS #8, PKCS #1 and SEC 1 can")
}

// suitable accepts RSA from 2048 bits and EC on P-256, which providers know.
func suitable(key any) (crypto.Signer, error) {
	switch key := key.(type) {
	case *rsa.PrivateKey:
		if bits := key.N.BitLen(); bits < minRSABits {
			return nil, fmt.Errorf("is an RSA key of %d bits; at least %d are needed", bits, minRSABits)
		}
		return key, nil
	case *ecdsa.PrivateKey:
		if key.Curve != elliptic.P256() {
			return nil, errors.New("is an EC key on another curve than P-256")
		}
		return key, nil
	}
	return nil, errors.New("is neither an RSA nor an EC key")
}
