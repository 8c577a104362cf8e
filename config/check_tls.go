package config

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
)

// pair holds a certificate and its key, keys of block p, to each other.
func (c *checker) pair(p path, cert, key string) {
	if cert == "" {
		c.missing(p, "cert", "is missing; it names the certificate of key")
	}
	if key == "" {
		c.missing(p, "key", "is missing; it names the private key of cert")
	}
	if cert == "" || key == "" {
		return
	}
	certPEM, certRead := c.read(p.key("cert"), cert)
	keyPEM, keyRead := c.read(p.key("key"), key)
	if !certRead || !keyRead {
		return
	}
	// The library's errors are not repeated: they may describe the key's file.
	if block, _ := pem.Decode(keyPEM); block == nil {
		c.add(p.key("key"), "file %s holds no private key in PEM form", c.source(p.key("key")).quote(key))
		return
	}
	if !x509.NewCertPool().AppendCertsFromPEM(certPEM) {
		c.add(p.key("cert"), "file %s holds no certificate in PEM form", c.source(p.key("cert")).quote(cert))
		return
	}
	if _, err := tls.X509KeyPair(certPEM, keyPEM); err != nil {
		c.add(p.key("key"), "is not the unencrypted private key of the certificate in cert; the file's first certificate must be the server's own")
	}
}
