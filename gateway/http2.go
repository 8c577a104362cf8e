package gateway

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/proxy"
)

// Keys of http.Server.TLSNextProto. The second is where net/http keeps how it
// serves HTTP/2 on a connection that is no *tls.Conn; it is a part of its
// interface with golang.org/x/net/http2, and a test holds that it is there.
const (
	overTLS     = "h2"
	overAnyConn = "unencrypted_http2"
)

// preface is what an HTTP/2 connection begins with (RFC 9113 section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// watchHTTP2 puts our watch between TLS and net/http's HTTP/2, which would
// otherwise read from the *tls.Conn by itself. It comes when net/http has set
// up the server and before it serves a connection, which is at the first
// Accept.
func watchHTTP2(server *http.Server, g *proxy.Gateway) {
	serve := server.TLSNextProto[overAnyConn]
	if serve == nil {
		panic("gateway: net/http serves HTTP/2 on no connection of ours")
	}
	server.TLSNextProto[overTLS] = func(s *http.Server, c *tls.Conn, h http.Handler) {
		watched := &wiredTLS{g.Watch(c, server.MaxHeaderBytes), c}
		if readPreface(watched) {
			serve(s, tls.Client(lent{conn: watched}, nil), h)
		}
	}
}

// readPreface reads the preface, which net/http takes for read.
func readPreface(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(headTimeout))
	read := make([]byte, len(preface))
	if _, err := io.ReadFull(c, read); err != nil || string(read) != preface {
		return false
	}
	return c.SetReadDeadline(time.Time{}) == nil
}

// lent carries a connection through a parameter that only takes a *tls.Conn.
type lent struct {
	net.Conn // nothing is read or written here
	conn     net.Conn
}

// UnencryptedNetConn is what net/http asks for.
func (l lent) UnencryptedNetConn() net.Conn { return l.conn }
