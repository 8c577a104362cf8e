package gateway

import (
	"context"
	"crypto/tls"
	"net"
	"sync"

	"github.com/gatehouse-proxy/gatehouse/proxy"
)

// wired is a plaintext listener whose connections watch the framing.
type wired struct {
	net.Listener
	gateway *proxy.Gateway
}

func (l wired) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.gateway.Watch(c), nil
}

// secured is a TLS listener that finishes handshakes before it hands out
// connections: HTTP/2 ones as *tls.Conn, which net/http wants to see, and
// HTTP/1 ones watched like plaintext.
type secured struct {
	net.Listener
	config  *tls.Config
	gateway *proxy.Gateway
	ready   chan net.Conn
	ctx     context.Context // ends with the listener
	stop    context.CancelFunc
	failed  error // set before ready is closed
	shakes  sync.WaitGroup
}

// newSecured starts accepting; Close stops it.
func newSecured(l net.Listener, config *tls.Config, g *proxy.Gateway) *secured {
	s := &secured{Listener: l, config: config, gateway: g, ready: make(chan net.Conn)}
	s.ctx, s.stop = context.WithCancel(context.Background())
	go s.run()
	return s
}

func (s *secured) run() {
	for {
		c, err := s.Listener.Accept()
		if err != nil {
			s.failed = err
			s.stop()
			s.shakes.Wait()
			close(s.ready)
			return
		}
		s.shakes.Go(func() { s.shake(tls.Server(c, s.config)) })
	}
}

// shake completes one handshake in the time that a request's head may take.
func (s *secured) shake(c *tls.Conn) {
	ctx, cancel := context.WithTimeout(s.ctx, headTimeout)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		c.Close()
		return
	}
	var out net.Conn = c
	if c.ConnectionState().NegotiatedProtocol != "h2" {
		out = &wiredTLS{s.gateway.Watch(c), c}
	}
	select {
	case s.ready <- out:
	case <-s.ctx.Done():
		c.Close()
	}
}

func (s *secured) Accept() (net.Conn, error) {
	c, ok := <-s.ready
	if !ok {
		return nil, s.failed
	}
	return c, nil
}

// wiredTLS lets net/http fill Request.TLS.
type wiredTLS struct {
	*proxy.Wire
	tls *tls.Conn
}

func (c *wiredTLS) ConnectionState() tls.ConnectionState { return c.tls.ConnectionState() }
