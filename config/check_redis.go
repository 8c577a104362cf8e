package config

import "net"

// redis: reachable as written, and only what is of use.
func (c *checker) redis(s *Session, p path) {
	r := &s.Redis
	if s.Store != "redis" {
		if c.present(p) {
			c.note(p, "has no effect while store is cookie; write store: redis")
		}
		return
	}
	servers, ok := c.redisURLs(r, p.key("urls"))
	if r.SentinelMaster != "" && r.Cluster {
		c.add(p.key("cluster"), "and sentinel_master exclude each other: a cluster fails over by itself")
	}
	if (r.SentinelUsername != "" || !r.SentinelPassword.IsZero()) && r.SentinelMaster == "" {
		c.add(p, "has credentials for sentinels, but no sentinel_master")
	}
	if !ok {
		return
	}
	if len(servers.Addresses) > 1 && r.SentinelMaster == "" && !r.Cluster {
		c.add(p.key("urls"), "holds several servers; say whether they are a cluster (cluster: true) or sentinels (sentinel_master: NAME)")
	}
	if r.Cluster && servers.Database != 0 {
		c.add(p.key("urls"), "names database %d, but a cluster has only database 0", servers.Database)
	}
	c.redisTLS(r, servers, p.key("tls"))
	for i, address := range servers.Addresses {
		host, _, _ := net.SplitHostPort(address)
		if !servers.Secure && !loopbackHost(host) {
			at := p.key("urls")
			if len(r.URLs) > 0 {
				at = at.item(i)
			}
			c.note(at, "is redis:// over a network: whoever listens there reads the password and can end sessions; rediss:// is TLS")
		}
	}
}

// redisURLs holds each address to its shape and all to the first.
func (c *checker) redisURLs(r *Redis, p path) (RedisServers, bool) {
	good := true
	var first RedisServers
	for i, secret := range r.URLs {
		one, problem := redisURL(secret.Reveal())
		switch {
		case problem != "" && c.placeholders:
			good = false
		case problem != "":
			c.add(p.item(i), "%s", problem)
			good = false
		case i == 0:
			first = one
		case one.Secure != first.Secure || one.Username != first.Username || one.Password != first.Password || one.Database != first.Database:
			c.add(p.item(i), "differs from the first in more than host and port")
			good = false
		}
	}
	if !good {
		return RedisServers{}, false
	}
	return r.Servers(), true
}

// redisTLS: only towards rediss servers, and whole.
func (c *checker) redisTLS(r *Redis, servers RedisServers, p path) {
	t := r.TLS
	if t == (RedisTLS{}) {
		return
	}
	if !servers.Secure {
		c.add(p, "is for TLS alone; write rediss:// in urls, or remove it")
		return
	}
	c.roots(p.key("ca"), t.CA)
	if t.Cert != "" || t.Key != "" {
		c.pair(p, t.Cert, t.Key)
	}
	if t.ServerName != "" {
		if _, err := canonicalHost(t.ServerName, false); err != nil {
			c.add(p.key("server_name"), "must be a host name, without scheme and port")
		}
	}
	if t.InsecureSkipVerify {
		c.note(p.key("insecure_skip_verify"), "is on: whoever is between can read the password and end sessions")
	}
}
