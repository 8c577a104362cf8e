package gateway

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/gatehouse-proxy/gatehouse/acme"
	"github.com/gatehouse-proxy/gatehouse/config"
)

// certificates are what the public listener shows, as the running configuration
// has them. A handshake takes those that it finds; connections keep theirs.
type certificates struct{ now atomic.Pointer[tls.Config] }

// follow makes c count from now on. A configuration without certificates
// changes nothing: the listener goes on with TLS until a restart.
func (s *certificates) follow(c *tls.Config) {
	if c != nil {
		s.now.Store(c)
	}
}

// listenerConfig is for the listener, whose keys for session tickets outlive a
// reload. It is nil for a plaintext listener.
func (s *certificates) listenerConfig() *tls.Config {
	first := s.now.Load()
	if first == nil {
		return nil
	}
	c := first.Clone()
	c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return s.now.Load(), nil }
	return c
}

// managed is the Manager of the certificates that c has obtained, nil for none.
// Once at work it stays: only the names may change without a restart.
func managed(c *config.Config, prev *Build, process Process) *acme.Manager {
	a := &c.Server.ACME
	switch {
	case a.Cache == "":
		return nil
	case prev != nil:
		return prev.acme
	}
	return acme.New(acme.Options{Email: a.Email, Directory: a.DirectoryURL(), Cache: a.Cache, Log: process.Log})
}

// obtain tells the Manager where the proofs are asked for, and for which names.
func (s *Server) obtain(b *Build) {
	if b.acme != nil {
		b.acme.Listen(s.Address("public"), s.Address("redirect"))
		b.acme.Follow(b.Config.CertificateNames())
	}
}

// proves answers the authority's questions on the redirect listener.
func (s *Server) proves(w http.ResponseWriter, r *http.Request) bool {
	m := s.current().acme
	return m != nil && m.Answer(w, r)
}

// compileTLS loads the certificates that c names; crypto/tls chooses among them
// by SNI (RFC 9325: TLS 1.2 or newer). It is nil without any.
func compileTLS(c *config.Config) (*tls.Config, error) {
	if len(c.Server.TLS) == 0 || c.Placeholders() {
		return nil, nil
	}
	made := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	for _, pair := range c.Server.TLS {
		certificate, err := tls.LoadX509KeyPair(pair.Cert, pair.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate %s: %w", pair.Cert, err)
		}
		made.Certificates = append(made.Certificates, certificate)
	}
	return made, nil
}
