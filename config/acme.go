package config

import (
	"net/netip"
	"slices"
	"strings"
)

// ACME is the `server.acme` block. Being there switches it on, and Cache is
// then set.
type ACME struct {
	Email     string `yaml:"email" doc:"Address that the authority writes to about the account."`
	Cache     string `yaml:"cache" placeholder:"/var/lib/gatehouse/acme" doc:"Required. Directory that keeps account, keys and certificates; replicas may share one."`
	Directory *URL   `yaml:"directory" doc:"The authority's directory URL. Default Let's Encrypt, https://acme-v02.api.letsencrypt.org/directory."`
}

const letsEncrypt = "https://acme-v02.api.letsencrypt.org/directory"

// DirectoryURL is Directory or its default.
func (a *ACME) DirectoryURL() string {
	if a.Directory == nil {
		return letsEncrypt
	}
	return a.Directory.String()
}

// Same reports whether both ask the same authority in the same name.
func (a *ACME) Same(b *ACME) bool {
	return a.Email == b.Email && a.Cache == b.Cache && a.DirectoryURL() == b.DirectoryURL()
}

// CertificateNames are the hosts of https routes, in the file's order, and that
// of auth_url: what certificates are obtained for. Authorities prove no wildcard
// over a connection.
func (c *Config) CertificateNames() []string {
	var names []string
	add := func(u *URL) {
		if u == nil || u.Scheme != "https" || u.Wildcard() {
			return
		}
		if name := u.Hostname(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for i := range c.Routes {
		add(c.Routes[i].From)
	}
	add(c.Server.AuthURL)
	return names
}

// acme: proofs can be asked for at the listeners, for names that an authority
// certifies.
func (c *checker) acme(s *Server, p path) {
	if !c.present(p) {
		return
	}
	a := &s.ACME
	if a.Cache == "" {
		c.missing(p, "cache", "is missing; name a directory that survives restarts, like /var/lib/gatehouse/acme")
	}
	if len(s.TLS) > 0 {
		c.add(p, "stands beside server.tls; certificates come from files or from an authority, so remove one of the two")
	}
	if a.Email != "" && (strings.Count(a.Email, "@") != 1 || strings.ContainsAny(a.Email, " <>:")) {
		c.add(p.key("email"), "must be one e-mail address without a name or mailto:")
	}
	if a.Directory != nil && a.Directory.Scheme != "https" {
		c.add(p.key("directory"), "must be an https URL")
	}
	if strings.HasPrefix(s.Listen, "unix:") {
		c.add(p, "needs server.listen to be a TCP address, where the authority asks for its proof")
	}
	for i := range c.config.Routes {
		from := c.config.Routes[i].From
		if from == nil || from.Scheme != "https" {
			continue
		}
		at := root.key("routes").item(i).key("from")
		if from.Wildcard() {
			c.note(at, "has a wildcard host, for which server.acme obtains no certificate: name the hosts, or bring a certificate by server.tls")
			continue
		}
		if uncertifiable(from) {
			c.add(at, "has a host that no authority certifies; with server.acme it must be a public DNS name")
		}
	}
	if s.AuthURL != nil && s.AuthURL.Scheme == "https" && uncertifiable(s.AuthURL) {
		c.add(root.key("server").key("auth_url"), "has a host that no authority certifies; with server.acme it must be a public DNS name")
	}
	if _, port, ok := strings.Cut(s.Listen, ":"); ok && !strings.HasSuffix(s.Listen, ":443") && s.RedirectListen == "" {
		c.note(p, "the authority asks for its proof at port 443 of each host, and server.listen has port %s: forward 443 to it, or set redirect_listen and forward port 80 to that", port)
	}
}

// uncertifiable: an authority proves names of the public DNS, and no address.
func uncertifiable(u *URL) bool {
	_, err := netip.ParseAddr(u.Hostname())
	return err == nil || !strings.Contains(u.Hostname(), ".")
}
