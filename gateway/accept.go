package gateway

import (
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/proxy"
	"github.com/gatehouse-proxy/gatehouse/rawconn"
)

// reception is a listener that hands out connections once they have something
// to say: over TLS when the handshake is finished, and in HTTP/1 when the first
// head is there. HTTP/1 connections are watched from here on. HTTP/2 ones over
// TLS are handed out as *tls.Conn, which net/http wants to see, and are watched
// from http2.go on.
type reception struct {
	net.Listener
	server  *http.Server
	secure  *tls.Config // nil in the clear; net/http gives the server one even then
	gateway *proxy.Gateway
	seats   *seats
	ready   chan net.Conn
	over    chan struct{} // closed when nobody is received any more
	failed  error         // set before ready is closed
	prepare sync.Once
	stop    sync.Once
	closing chan struct{} // closed by Close

	mu     sync.Mutex // guards the rest
	guests map[net.Conn]struct{}
	all    sync.WaitGroup
}

// newReception starts accepting; Close stops it.
func newReception(l net.Listener, server *http.Server, g *proxy.Gateway, seats *seats) *reception {
	s := &reception{
		Listener: l, server: server, secure: server.TLSConfig, gateway: g, seats: seats,
		ready: make(chan net.Conn), over: make(chan struct{}), closing: make(chan struct{}), guests: map[net.Conn]struct{}{},
	}
	go s.run()
	return s
}

func (s *reception) run() {
	for {
		c, err := s.next()
		if err != nil {
			s.failed = err
			s.end()
			close(s.ready)
			return
		}
		s.mu.Lock()
		s.guests[c] = struct{}{}
		s.mu.Unlock()
		s.all.Go(func() { s.receive(c, sync.OnceFunc(s.seats.leave)) })
	}
}

// next accepts a connection when there is a seat for it.
func (s *reception) next() (net.Conn, error) {
	if !s.seats.take(s.closing) {
		return nil, net.ErrClosed
	}
	c, err := s.Listener.Accept()
	if err != nil {
		s.seats.leave()
		return nil, err
	}
	return rawconn.New(c), nil
}

// Close also ends the wait for a seat.
func (s *reception) Close() error {
	s.stop.Do(func() { close(s.closing) })
	return s.Listener.Close()
}

// end sends home who has not said anything yet.
func (s *reception) end() {
	close(s.over)
	s.mu.Lock()
	for c := range s.guests {
		c.Close()
	}
	s.mu.Unlock()
	s.all.Wait()
}

// receive hands out one connection, or closes it. It leaves its seat when it is
// closed.
func (s *reception) receive(c net.Conn, leave func()) {
	out, err := s.greet(c, leave)
	s.mu.Lock()
	delete(s.guests, c)
	s.mu.Unlock()
	if err == nil {
		select {
		case s.ready <- out:
			return
		case <-s.over:
			out.Close()
		}
	}
	c.Close()
	leave()
}

// greet waits for what a connection begins with. A handshake may take as long
// as a head.
func (s *reception) greet(c net.Conn, leave func()) (net.Conn, error) {
	by := time.Now().Add(headTimeout)
	if s.secure == nil {
		wire := s.gateway.Watch(c, s.server.MaxHeaderBytes)
		wire.OnClose(func() { s.seats.rise(wire); leave() })
		return wire, s.seat(wire, by)
	}
	secure := tls.Server(seated{c, leave}, s.secure)
	_ = c.SetDeadline(by)
	if err := secure.Handshake(); err != nil {
		return nil, err
	}
	_ = c.SetDeadline(time.Time{})
	if secure.ConnectionState().NegotiatedProtocol == "h2" {
		return secure, nil
	}
	wire := s.gateway.Watch(secure, s.server.MaxHeaderBytes)
	wire.OnClose(func() { s.seats.rise(wire) })
	return &wiredTLS{wire, secure}, s.seat(wire, time.Now().Add(headTimeout))
}

// seat waits for the first head, and notes who sits from then on.
func (s *reception) seat(wire *proxy.Wire, by time.Time) error {
	err := wire.Await(by)
	if err == nil {
		s.seats.sit(wire)
	}
	return err
}

// seated is a connection below TLS, which has a seat.
type seated struct {
	net.Conn
	leave func()
}

func (c seated) Close() error {
	defer c.leave()
	return c.Conn.Close()
}

// NetConn lets those look at the socket who only have what is above TLS.
func (c seated) NetConn() net.Conn { return c.Conn }

// Accept returns the next connection that has something to say.
func (s *reception) Accept() (net.Conn, error) {
	if s.secure != nil {
		s.prepare.Do(func() { watchHTTP2(s.server, s.gateway) })
	}
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
