package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"maps"
	"math/big"
	"sync"
	"testing"
	"time"
)

// testFiles are the files that test configurations name.
var testFiles = sync.OnceValue(func() map[string][]byte {
	cert, key := selfSigned()
	_, otherKey := selfSigned()
	files := map[string][]byte{
		"testdata/tls.crt":   cert,
		"testdata/tls.key":   key,
		"testdata/other.key": otherKey,
		"testdata/empty.pem": nil,
		"testdata/secret":    []byte(plantedSecret + "\n"),
		"testdata/two":       []byte("one\ntwo\n\n"),

		"testdata/logo.svg":        []byte("<svg/>"),
		"testdata/pages/home.html": []byte("home"),
		"testdata/pages/style.css": []byte("p{}"),
		"testdata/pages/..data":    []byte("left alone"),
		"testdata/pages/README.md": []byte("for package page to refuse"),
	}
	maps.Copy(files, privateKeys())
	return files
})

func selfSigned() (cert, key []byte) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"},
		NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		panic(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		panic(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

func TestCertificatesAndKeysAreRead(t *testing.T) {
	refuses(t, around, []promise{
		{"server: {tls: {cert: testdata/tls.crt}}", `9:15: server.tls.key: is missing; it names the private key of cert`},
		{"server: {tls: {cert: testdata/none, key: testdata/tls.key}}", `9:22: server.tls.cert: file "testdata/none" does not exist`},
		{"server: {tls: {cert: testdata/empty.pem, key: testdata/tls.key}}", `9:22: server.tls.cert: file "testdata/empty.pem" holds no certificate in PEM form`},
		{"server: {tls: {cert: testdata/tls.crt, key: testdata/tls.crt}}", `9:45: server.tls.key: is not the unencrypted private key of the certificate in cert; the file's first certificate must be the server's own`},
		{"server: {tls: {cert: testdata/tls.crt, key: testdata/secret}}", `9:45: server.tls.key: file "testdata/secret" holds no private key in PEM form`},
		{"server: {tls: [{cert: testdata/tls.crt, key: testdata/tls.key}, {cert: testdata/tls.crt, key: testdata/other.key}]}", `9:95: server.tls[1].key: is not the unencrypted private key of the certificate in cert; the file's first certificate must be the server's own`},
	})
	accepts(t, around, "server: {tls: {cert: testdata/tls.crt, key: testdata/tls.key}}")
}
