// Package idptest runs a development provider for a test.
package idptest

import (
	"crypto/rand"
	"crypto/rsa"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// sharedKey signs for every provider of a test binary: generating keys is the
// slowest thing a provider does.
var sharedKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// Start serves a provider on a free loopback port until the test ends. What o
// leaves out is filled in: a PingOne-shaped issuer at that port, the demo's
// users, and a key that all providers of the test binary share.
func Start(t testing.TB, o devidp.Options) *devidp.Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if o.Issuer == "" {
		o.Issuer = devidp.Issuer("http://"+l.Addr().String(), devidp.EnvironmentID)
	}
	if o.Users == nil {
		o.Users = devidp.DemoUsers()
	}
	if o.Key == nil {
		o.Key = sharedKey()
	}
	idp, err := devidp.New(o)
	if err != nil {
		l.Close()
		t.Fatal(err)
	}
	srv := httptest.NewUnstartedServer(idp)
	srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	t.Cleanup(srv.Close)
	return idp
}

// Browser is a client that keeps cookies and follows redirects.
func Browser(t testing.TB) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Jar: jar, Transport: transport}
}
