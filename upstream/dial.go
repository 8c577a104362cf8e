package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"time"

	"github.com/gatehouse-proxy/gatehouse/rawconn"
)

// dialer connects, and marks its failures so that everybody knows that
// nothing was sent.
type dialer struct {
	timeout  time.Duration
	socket   string // path of a Unix socket instead of the address
	resolver *net.Resolver
	reached  *reached
}

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	return d.connect(ctx, network, address)
}

func (d *dialer) connect(ctx context.Context, network, address string) (net.Conn, error) {
	if d.socket != "" {
		network, address = "unix", d.socket
	}
	dialer := &net.Dialer{Resolver: d.resolver}
	conn, err := dialer.DialContext(ctx, network, address)
	var lookup *net.DNSError
	if errors.As(err, &lookup) && !lookup.IsNotFound {
		// A name server that is down must not take its applications along.
		if last := d.reached.last(); last.IsValid() {
			if _, port, e := net.SplitHostPort(address); e == nil {
				conn, err = dialer.DialContext(ctx, network, net.JoinHostPort(last.String(), port))
			}
		}
	}
	if err != nil {
		return nil, &dialError{err}
	}
	if remote, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		d.reached.add(remote.AddrPort().Addr().Unmap())
	}
	return rawconn.New(conn), nil
}

// withTLS connects and shakes hands under one deadline.
func (d *dialer) withTLS(o *TLS, protocols ...string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, d.timeout)
		defer cancel()
		plain, err := d.connect(ctx, network, address)
		if err != nil {
			return nil, err
		}
		name := o.ServerName
		if name == "" {
			if name, _, err = net.SplitHostPort(address); err != nil {
				name = address
			}
		}
		conn := tls.Client(plain, &tls.Config{
			MinVersion:         tls.VersionTLS12,
			RootCAs:            o.Roots,
			Certificates:       o.Certificates,
			ServerName:         name,
			InsecureSkipVerify: o.InsecureSkipVerify,
			NextProtos:         protocols,
		})
		if err := conn.HandshakeContext(ctx); err != nil {
			plain.Close()
			return nil, &dialError{err}
		}
		return conn, nil
	}
}
