package gateway

import (
	"crypto/tls"
	"fmt"
	"sync/atomic"

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
