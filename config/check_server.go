package config

import (
	"net"
	"net/netip"
	"slices"
	"strings"
)

func (c *checker) server(s *Server, p path) {
	c.listeners(s, p)
	for i, pair := range s.TLS {
		c.pair(p.key("tls").item(i), pair.Cert, pair.Key)
	}
	c.acme(s, p.key("acme"))
	c.noteTrustInAll(s.TrustedProxies, p.key("trusted_proxies"))
	c.oneHeaderPerFact(s, p.key("trusted_headers"))
	c.authPath(s.AuthPath, p.key("auth_path"))
	c.authURL(s, p.key("auth_url"))
	c.adminProtected(s.Admin, p.key("admin"))
	c.adminHosts(s.Admin.Hosts, p.key("admin").key("hosts"))
	c.notNegative(p.key("drain_delay"), s.DrainDelay)
	c.notNegative(p.key("shutdown_timeout"), s.ShutdownTimeout)
	c.headerBytes(s.MaxHeaderBytes, p.key("max_header_bytes"))
	c.noteUnknownPeers(s, p)
}

// listener is one address to listen on.
type listener struct {
	at   path
	text string
}

// listeners: each address parses, and no two are one.
func (c *checker) listeners(s *Server, p path) {
	if s.Listen == "" {
		c.add(p.key("listen"), `is empty; write an address like ":8080"`)
	}
	all := []listener{
		{p.key("listen"), s.Listen},
		{p.key("redirect_listen"), s.RedirectListen},
		{p.key("probe_listen"), s.ProbeListen},
		{p.key("admin").key("listen"), s.Admin.Listen},
	}
	for i, l := range all {
		if l.text == "" {
			continue
		}
		if !validListen(l.text) {
			c.add(l.at, "%s is not an address to listen on; write host:port, :port or unix:/path", c.source(l.at).quote(l.text))
			continue
		}
		for _, earlier := range all[:i] {
			if sameListen(l.text, earlier.text) {
				c.add(l.at, "is the address of %s already", c.display(earlier.at))
				break
			}
		}
	}
}

func validListen(text string) bool {
	if socket, ok := strings.CutPrefix(text, "unix:"); ok {
		return strings.HasPrefix(socket, "/") && len(socket) > 1
	}
	host, port, err := net.SplitHostPort(text)
	if err != nil || port != "0" && !validPort(port) {
		return false
	}
	if host == "" {
		return true
	}
	_, err = canonicalHost(host, false)
	return err == nil
}

// sameListen reports whether the system would refuse the second of two
// addresses. Port 0 is a free port, so never the same.
func sameListen(a, b string) bool {
	if strings.HasPrefix(a, "unix:") || strings.HasPrefix(b, "unix:") {
		return a == b
	}
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" {
		return false
	}
	return hostA == hostB || everyAddress(hostA) || everyAddress(hostB)
}

func everyAddress(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "" || err == nil && addr.IsUnspecified()
}

// oneHeaderPerFact: two sources for one fact would let a client fill in the
// one that its proxy does not overwrite.
func (c *checker) oneHeaderPerFact(s *Server, p path) {
	facts := map[string][]string{
		"X-Forwarded-For":   {"the client's address"},
		"X-Real-Ip":         {"the client's address"},
		"X-Forwarded-Proto": {"the scheme"},
		"X-Forwarded-Host":  {"the host"},
		"Forwarded":         {"the client's address", "the scheme", "the host"},
	}
	told := map[string]string{}
	for i, name := range s.TrustedHeaders {
		for _, fact := range facts[name] {
			if first, twice := told[fact]; twice && first == name {
				c.add(p.item(i), "%s is listed twice", name)
				break
			} else if twice {
				c.add(p.item(i), "%s and %s both tell %s; keep the one that your proxy sets", first, name, fact)
				break
			}
		}
		for _, fact := range facts[name] {
			told[fact] = name
		}
	}
}

// authPath: a plain path that leaves room for applications.
func (c *checker) authPath(authPath string, p path) {
	if problem := pathProblem(authPath); problem != "" {
		c.add(p, "%s", problem)
		return
	}
	if authPath == "/" {
		c.add(p, "must not be /, which would leave no address to the applications; the default is /.auth")
		return
	}
	plain := func(r rune) bool { return r > ' ' && r < 0x7f && !strings.ContainsRune(`"<>^{|}`+"`", r) }
	if strings.ContainsFunc(authPath, func(r rune) bool { return !plain(r) }) {
		c.add(p, "must be of plain ASCII characters")
	}
}

// adminProtected: whoever reaches the admin listener over a network needs a token.
func (c *checker) adminProtected(a Admin, p path) {
	if a.Listen == "" || strings.HasPrefix(a.Listen, "unix:") || !validListen(a.Listen) {
		return
	}
	host, _, _ := net.SplitHostPort(a.Listen)
	if host != "" && loopbackHost(host) || !a.Token.IsZero() {
		return
	}
	c.add(p.key("listen"), "is not a loopback address, so admin needs a token; set token or listen on 127.0.0.1")
}

func (c *checker) adminHosts(hosts []string, p path) {
	for i, host := range hosts {
		if _, err := canonicalHost(host, c.source(p.item(i)).literal()); err != nil && host != "" {
			c.add(p.item(i), "must be a host name without scheme and port, like gatehouse.internal")
		}
	}
}

func (c *checker) headerBytes(size Size, p path) {
	if size < 1<<10 || size > 16<<20 {
		c.add(p, "must be between 1KiB and 16MiB")
	}
}

// noteTrustInAll: whoever is believed can write any address and scheme.
func (c *checker) noteTrustInAll(trusted []Trusted, p path) {
	for i, t := range trusted {
		if t.Prefix.IsValid() && t.Prefix.Bits() == 0 {
			c.note(p.item(i), "believes everybody, so every client can claim any address")
		}
	}
}

// noteUnknownPeers: behind a TLS terminator that nobody is told about, every
// client has the terminator's address.
func (c *checker) noteUnknownPeers(s *Server, p path) {
	behindTLS := slices.ContainsFunc(c.config.Routes, func(r Route) bool { return r.From != nil && r.From.Scheme == "https" })
	if behindTLS && len(s.TLS) == 0 && s.ACME.Cache == "" && len(s.TrustedProxies) == 0 {
		c.note(p.key("trusted_proxies"), "is empty while https routes are served without tls: all clients will have the address of the proxy in front, also for ip rules; name that proxy, for example trusted_proxies: [10.0.0.0/8]")
	}
}

func (c *checker) notNegative(p path, d Duration) {
	if d < 0 {
		c.add(p, "must not be negative")
	}
}
