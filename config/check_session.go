package config

import (
	"bytes"
	"net/url"
	"strings"
	"time"
)

func (c *checker) session(s *Session, p path) {
	c.keys(s.Keys, p.key("keys"))
	c.lifetimes(s, p)
	c.renewals(s, p)
	c.cookieName(s.Cookie.Name, p.key("cookie").key("name"))
	c.afterSignOut(s.AfterSignOut, p.key("after_sign_out"))
	c.redis(s, p.key("redis"))
}

// keys: at least one, each of 32 bytes, none guessable.
func (c *checker) keys(keys []Secret, p path) {
	if len(keys) == 0 {
		c.add(p, "holds no key; run gatehouse keygen and give the key as \"${GATEHOUSE_KEY}\"")
	}
	for i, key := range keys {
		data, ok := keyBytes(key.Reveal())
		switch {
		case !ok:
			c.add(p.item(i), "must be exactly 64 hex digits, or base64 of exactly 32 bytes; gatehouse keygen prints one")
		case bytes.Count(data, data[:1]) == len(data):
			c.add(p.item(i), "is one byte repeated, which anybody can guess; gatehouse keygen prints a random one")
		}
	}
}

// lifetimes: sessions end.
func (c *checker) lifetimes(s *Session, p path) {
	c.notNegative(p.key("idle"), s.Idle)
	if s.Absolute <= 0 {
		c.add(p.key("absolute"), "must be more than 0: a session that never ends cannot be taken back")
	}
	if s.Absolute > 0 && s.Idle > s.Absolute {
		c.note(p.key("idle"), "is longer than absolute and so without effect")
	}
}

// renewals: asked for in time, and not all the time.
func (c *checker) renewals(s *Session, p path) {
	c.notNegative(p.key("refresh_before"), s.RefreshBefore)
	c.notNegative(p.key("recheck"), s.Recheck)
	if s.Recheck > 0 && s.Recheck < Duration(10*time.Second) {
		c.add(p.key("recheck"), "must be 0, or at least 10s: it is a call to the provider for every session")
	}
}

// perProcess tells what cookies promise for one process alone, where the file
// depends on it. Without Redis, replicas know nothing of each other's doings.
func (c *checker) perProcess(config *Config, p path) {
	if config.Session.Store != "cookie" {
		return
	}
	const remedy = " by this process alone; with more than one replica, keep sessions in Redis"
	if config.Session.Recheck > 0 {
		c.note(p.key("recheck"), "works with sessions in cookies, but refresh tokens are spent and sign-offs at the provider are known"+remedy)
		return
	}
	if at, used := tokenHeader(config); used {
		c.note(at, "works with sessions in cookies, but refresh tokens are spent"+remedy)
	}
}

// tokenHeader finds the first header that sends a token.
func tokenHeader(config *Config) (path, bool) {
	first := func(h Headers, p path) (path, bool) {
		for _, name := range sortedKeys(h) {
			if h[name] != nil && h[name].Token != "" {
				return p, true
			}
		}
		return "", false
	}
	if p, ok := first(config.Headers, root.key("headers")); ok {
		return p, true
	}
	for i := range config.Routes {
		if p, ok := first(config.Routes[i].Headers, root.key("routes").item(i).key("headers")); ok {
			return p, true
		}
	}
	return "", false
}

// cookieName: an RFC 6265 token, to which the prefix is added and not written.
func (c *checker) cookieName(name string, p path) {
	folded := foldASCII(name)
	switch {
	case strings.HasPrefix(folded, "__host-"), strings.HasPrefix(folded, "__secure-"):
		c.add(p, "must not have a prefix; __Host- is put before it on https")
	case !isToken(name) || len(name) > 64:
		c.add(p, "%s is not a cookie name of up to 64 letters, digits, - and _", c.source(p).quote(name))
	}
}

// afterSignOut: a path of ours or an https address, as browsers read them.
func (c *checker) afterSignOut(target string, p path) {
	if target == "" {
		return
	}
	if strings.HasPrefix(target, "/") {
		if strings.HasPrefix(target, "//") || strings.Contains(target, `\`) {
			c.add(p, "is read as another host by browsers; write one / or a whole https:// address")
		}
		return
	}
	u, err := url.Parse(target)
	if err != nil || strings.Contains(target, `\`) || u.User != nil || u.Host == "" ||
		u.Scheme != "https" && !(u.Scheme == "http" && loopbackHost(u.Hostname())) {
		c.add(p, "must be a path or an https address without user name and password")
	}
}
