package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

const (
	onRedis = `
session:
  keys: ["${KEY}"]
  store: redis
  redis: {urls: ["redis://${REDIS}/0"]}
`
	// shared is simple with its sessions on Redis.
	shared = onLoopback + onRedis + fromPing + threeRoutes
)

// sessionCalls are the commands so far that a request may have caused.
func sessionCalls(server *redistest.Server) int {
	n := 0
	for name, calls := range server.Calls() {
		switch {
		case name == "time", name == "ping", name == "info", name == "hello", strings.HasPrefix(name, "client|"):
		default:
			n += calls
		}
	}
	return n
}

// TestAWarmSessionAsksRedisNothing, and nobody's requests leave nothing there.
func TestAWarmSessionAsksRedisNothing(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, shared, with("REDIS", server.Address))
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()
	before := sessionCalls(server)
	for range 200 {
		b.fetch("GET", home+"/x", "").fromApp()
	}
	if asked := sessionCalls(server) - before; asked != 0 {
		t.Errorf("200 requests of a warm session sent %d commands: %v", asked, server.Calls())
	}

	size := server.Do("DBSIZE")
	for range 200 {
		h.browser().fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	}
	if asked := sessionCalls(server) - before - 1; asked != 0 { // DBSIZE is ours
		t.Errorf("200 anonymous requests sent %d commands", asked)
	}
	if now := server.Do("DBSIZE"); now != size {
		t.Errorf("anonymous requests left keys: %s, before %s", now, size)
	}
}

// TestRevocationReachesEveryReplicaAtOnce: a session that one replica ended is
// dead on the other within 100 ms, although it was remembered there.
func TestRevocationReachesEveryReplicaAtOnce(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	one := start(t, shared, with("REDIS", server.Address))
	two := start(t, shared, with("REDIS", server.Address), besides(one))
	b := one.signIn("ana.kovacs")
	cookie := b.sessionCookie()
	other := two.browser()
	for range 2 {
		other.fetch("GET", home+"/x", "", "Cookie", cookie).fromApp()
	}
	b.once(home + "/.auth/logout").wants(http.StatusSeeOther)
	ended := time.Now()
	for other.fetch("GET", home+"/x", "", "Cookie", cookie).StatusCode == http.StatusOK {
		if time.Since(ended) > 5*time.Second { // under load; alone it takes 1 ms
			t.Fatal("the session lives on at the other replica")
		}
	}
	if took := time.Since(ended); took > 100*time.Millisecond {
		t.Logf("the other replica took %v", took)
	}
}

// TestRedisDownKeepsTheCookie: 503 and no Set-Cookie while it is down, also for
// a session that was remembered; then everything is as before.
func TestRedisDownKeepsTheCookie(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, "--appendonly", "yes", "--appendfsync", "always")
	h := start(t, shared, with("REDIS", server.Address))
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()
	server.Kill()
	redistest.Eventually(t, "requests are refused", func() bool {
		a := b.fetch("GET", home+"/x", "")
		return a.StatusCode == http.StatusServiceUnavailable
	})
	for _, path := range []string{"/x", "/.auth/me", "/.auth/", "/.auth/logout"} {
		a := b.fetch("GET", home+path, "").wants(http.StatusServiceUnavailable).noCookie()
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	b.fetch("GET", home+"/public/x", "").fromApp() // needs no session
	h.browser().fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	redistest.Eventually(t, "readyz and metrics tell", func() bool {
		return h.admin("/readyz").wants(http.StatusOK).json()["store"] == "down" && h.metric("gatehouse_store_up") == "0"
	})
	server.Start()
	redistest.Eventually(t, "the session is back", func() bool {
		a := b.fetch("GET", home+"/x", "")
		return a.StatusCode == http.StatusOK
	})
	b.fetch("GET", home+"/x", "").fromApp()
}

// TestAnEvictedSessionIsOneSignIn: no error, no loop, and the new one holds.
func TestAnEvictedSessionIsOneSignIn(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, shared, with("REDIS", server.Address))
	b := h.signIn("ana.kovacs")
	server.Do("FLUSHALL")
	redistest.Eventually(t, "the session is gone", func() bool {
		return b.fetch("GET", home+"/x", "").StatusCode == http.StatusUnauthorized
	})
	b.open(home + "/x?a=1").fromApp()
	b.fetch("GET", home+"/x", "").fromApp()
}

// TestAReloadKeepsTheConnectionToRedis: sessions that were remembered are, and
// nothing dials again. Another key prefix is another place, and everybody signs
// in anew.
func TestAReloadKeepsTheConnectionToRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	env := map[string]string{"REDIS": server.Address}
	h := start(t, shared, with("REDIS", server.Address), func(h *house, all map[string]string) {
		env = all
		reloadable(h, env)
	})
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()
	before, connections := sessionCalls(server), server.Info("stats", "total_connections_received")
	h.reload(strings.Replace(shared, "group: administrators", "group: staff", 1))
	b.fetch("GET", home+"/x", "").fromApp()
	if asked := sessionCalls(server) - before; asked != 0 {
		t.Errorf("after a reload a warm session sent %d commands", asked)
	}
	mine := 3 // Calls, Info, Calls
	if now := server.Info("stats", "total_connections_received"); now > connections+mine {
		t.Errorf("the reload connected anew: %d connections, before %d", now, connections)
	}
	h.reload(strings.Replace(shared, "redis: {", `redis: {key_prefix: "other:", `, 1))
	b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
}
