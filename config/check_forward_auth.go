package config

// askedAbout reports whether the route is for another proxy that asks here and
// forwards by itself.
func (r *Route) askedAbout() bool { return r.From != nil && len(r.To) == 0 }

// forwardAuthOnly: what is for forwarding does nothing where we do not forward.
func (c *checker) forwardAuthOnly(r *Route, p path) {
	if !r.askedAbout() || c.present(p.key("to")) {
		return
	}
	for _, key := range []string{"strip_prefix", "add_prefix", "preserve_host", "timeout", "balance", "health", "upstream_tls", "max_body"} {
		if c.present(p.key(key)) {
			c.note(p.key(key), "has no effect without to: the proxy that asks forwards the request itself, so write it there")
		}
	}
}

// splitCookies: the proxy that asks has to hand our cookies on, all of them.
func (c *checker) splitCookies(all []Route, p path) {
	if c.config.Session.Store != "cookie" || len(c.config.Server.TrustedProxies) == 0 {
		return
	}
	for i := range all {
		if all[i].askedAbout() {
			c.note(p.item(i), "is for forward auth with sessions in cookies; nginx hands one Set-Cookie on, so a session of several cookies is never renewed behind it and ends when idle: with nginx write session.store: redis. Caddy, Traefik and Envoy hand all on")
			return
		}
	}
}
