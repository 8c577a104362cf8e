package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// network finds the name and shakes hands. Through a proxy neither is ours to
// see: the proxy looks names up, and what it lets through is seen with the
// document.
func (x *examiner) network(ctx context.Context, address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		x.bad("dns", err, "Correct the address in the configuration.")
		return false
	}
	if via, err := proxyFromEnvironment(&http.Request{URL: u}); err != nil {
		x.bad("dns", err, "Correct the variable.")
		return false
	} else if via != nil {
		x.good("dns", "%s is looked up by the proxy %s (HTTPS_PROXY, HTTP_PROXY)", u.Hostname(), via.Host)
		return true
	}
	ctx, cancel := x.within(ctx)
	defer cancel()
	if net.ParseIP(u.Hostname()) != nil {
		return x.tls(ctx, u)
	}
	found, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		x.bad("dns", fmt.Errorf("%s is not found: %w", u.Hostname(), err), "%s", Remedy(err))
		return false
	}
	x.good("dns", "%s is %s", u.Hostname(), strings.Join(found[:min(len(found), 3)], ", "))
	return x.tls(ctx, u)
}

func (x *examiner) tls(ctx context.Context, u *url.URL) bool {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	address := net.JoinHostPort(u.Hostname(), port)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		x.bad("tls", fmt.Errorf("no connection to %s: %w", address, err), "%s", Remedy(err))
		return false
	}
	defer conn.Close()
	if u.Scheme == "http" {
		x.good("tls", "none: %s is http", address)
		return true
	}
	secure := tls.Client(conn, &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x.o.Roots, ServerName: u.Hostname()})
	if err := secure.HandshakeContext(ctx); err != nil {
		x.bad("tls", fmt.Errorf("no TLS with %s: %w", address, err), "%s", Remedy(err))
		return false
	}
	leaf := secure.ConnectionState().PeerCertificates[0]
	x.good("tls", "%s, certificate until %s", tls.VersionName(secure.ConnectionState().Version), leaf.NotAfter.UTC().Format(time.DateOnly))
	return true
}

// Remedy says what mends a connection that failed, whoever was to be reached.
func Remedy(err error) string {
	var (
		lookup  *net.DNSError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
		timeout net.Error
	)
	switch {
	case errors.As(err, &lookup) && lookup.IsNotFound:
		return "Correct the host name in the configuration, or add it to the name server of this machine (in a container, of the container)."
	case errors.As(err, &lookup):
		return "The name server does not answer: see /etc/resolv.conf, and whether this machine may reach it."
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "The certificate has expired or is not valid yet: have it renewed there, and see that this machine's clock is right."
	case errors.As(err, &invalid):
		return "The certificate is not fit for this use: have it issued anew there."
	case errors.As(err, &name):
		return "The certificate is for another name: correct the host name in the configuration, or have the certificate issued for this one."
	case errors.As(err, &unknown):
		return "Nobody this machine trusts issued the certificate: name the issuer's root in a PEM file (ca of a provider, upstream_tls.ca of a route), or install ca-certificates."
	case errors.As(err, &record):
		return "What answers there does not speak TLS: correct scheme or port."
	case errors.Is(err, syscall.ECONNREFUSED):
		return "Nobody listens there: start it, or correct host and port."
	case errors.Is(err, syscall.ENOENT):
		return "There is no such socket: start what listens on it, or correct the path."
	case errors.Is(err, syscall.EACCES):
		return "This user may not open it: mend the permissions."
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "No answer in time: a firewall drops the packets, HTTPS_PROXY is needed, or the other side is overloaded."
	}
	return "See the address, firewalls and proxies on the way, and the other side's log."
}
