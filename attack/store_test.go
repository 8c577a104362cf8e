package attack

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// stored keeps sessions in Redis. The world's two gateways, in the clear and
// over TLS, are replicas of one deployment then.
const stored = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
session:
  keys: ["${KEY}"]
  store: redis
  redis: {urls: ["redis://${REDIS}/0"], key_prefix: "${PREFIX}"}
providers:` + honest + threeRoutes

func openStored(t *testing.T, server *redistest.Server, prefix string, more map[string]string) *world {
	t.Helper()
	vars := map[string]string{"REDIS": server.Address, "PREFIX": prefix}
	for k, v := range more {
		vars[k] = v
	}
	return openWith(t, stored, vars)
}

// keys are the names in Redis that match.
func keys(s *redistest.Server, pattern string) []string {
	var found []string
	for line := range strings.SplitSeq(s.Do("KEYS", pattern), "\r\n") {
		if line != "" && line[0] != '*' && line[0] != '$' {
			found = append(found, line)
		}
	}
	return found
}

// newKey is the one key that do has added.
func newKey(t *testing.T, s *redistest.Server, pattern string, do func()) string {
	t.Helper()
	before := keys(s, pattern)
	do()
	for _, k := range keys(s, pattern) {
		if !slices.Contains(before, k) {
			return k
		}
	}
	t.Fatalf("nothing new under %s", pattern)
	return ""
}

// TestWhatRedisHoldsIsProven: whoever writes there, or what breaks there, makes
// nobody a session that is not theirs, and no answer of 500.
func TestWhatRedisHoldsIsProven(t *testing.T) {
	a := begin(t, "store")
	server := redistest.Start(t)
	w := openStored(t, server, "gatehouse:", nil)
	ben := w.person(t)
	bens := newKey(t, server, "gatehouse:s:*", func() { w.idp.AutoLogin("ben.osei"); ben.follow(home + "/.auth/login") })
	w.app.take()
	for _, c := range []struct {
		name string
		want verdict
		do   func(key string)
	}{
		{"benign: untouched", pass, func(string) {}},
		{"benign: moved there and back", pass, func(k string) { server.Do("RENAME", k, "x"); server.Do("RENAME", "x", k) }},
		{"deleted", signIn, func(k string) { server.Do("DEL", k) }},
		{"expired", signIn, func(k string) { server.Do("PEXPIRE", k, "1"); time.Sleep(5 * time.Millisecond) }},
		{"empty", signIn, func(k string) { server.Do("SET", k, "") }},
		{"a byte", signIn, func(k string) { server.Do("SET", k, "\x01") }},
		{"garbage", signIn, func(k string) { server.Do("SET", k, strings.Repeat(forger, 100)) }},
		{"JSON", signIn, func(k string) { server.Do("SET", k, `{"sub":"`+forger+`","groups":["administrators","staff"]}`) }},
		{"four megabytes", signIn, func(k string) { server.Do("SET", k, strings.Repeat("x", 4<<20)) }},
		{"cut to half", signIn, func(k string) {
			server.Do("EVAL", "local v=redis.call('GET',KEYS[1]) redis.call('SET',KEYS[1],v:sub(1,#v/2))", "1", k)
		}},
		{"cut by a byte", signIn, func(k string) {
			server.Do("EVAL", "local v=redis.call('GET',KEYS[1]) redis.call('SET',KEYS[1],v:sub(1,-2))", "1", k)
		}},
		{"a byte more", signIn, func(k string) { server.Do("APPEND", k, "x") }},
		{"twice", signIn, func(k string) {
			server.Do("EVAL", "local v=redis.call('GET',KEYS[1]) redis.call('SET',KEYS[1],v..v)", "1", k)
		}},
		{"its first byte changed", signIn, func(k string) { spoil(server, k, 1) }},
		{"its second byte changed", signIn, func(k string) { spoil(server, k, 2) }},
		{"its third byte changed", signIn, func(k string) { spoil(server, k, 3) }},
		{"benign: a byte of what lists of sessions show", pass, func(k string) { spoil(server, k, 50) }},
		{"a byte in the middle changed", signIn, func(k string) { spoil(server, k, -200) }},
		{"the last but fifteenth byte changed", signIn, func(k string) { spoil(server, k, -16) }},
		{"its last byte changed", signIn, func(k string) { spoil(server, k, -1) }},
		{"somebody else's", signIn, func(k string) { server.Do("COPY", bens, k, "REPLACE") }},
		{"a list", signIn, func(k string) { server.Do("DEL", k); server.Do("RPUSH", k, "x") }},
		{"a hash", signIn, func(k string) { server.Do("DEL", k); server.Do("HSET", k, "sub", forger) }},
		{"a set", signIn, func(k string) { server.Do("DEL", k); server.Do("SADD", k, forger) }},
		{"a stream", signIn, func(k string) { server.Do("DEL", k); server.Do("XADD", k, "*", "sub", forger) }},
	} {
		a.try(c.name, func(t *testing.T) {
			w.idp.AutoLogin("ana.kovacs")
			p := w.person(t)
			key := newKey(t, server, "gatehouse:s:*", func() { p.follow(home + "/.auth/login") })
			cookie := "Cookie: " + p.cookie()
			w.app.take()
			c.do(key)
			for _, v := range []way{framesTLS, overTLS} { // the replica that never saw it
				r := v.ask(w, t, request{target: "/x", fields: []string{cookie}})
				if c.want == signIn && r.status == http.StatusServiceUnavailable {
					w.app.untouched(t)
					continue
				}
				w.judge(t, c.want, r)
			}
			redistest.Eventually(t, "the replica that remembered it has heard", func() bool {
				r := inTheClear.ask(w, t, request{target: "/x", fields: []string{cookie}})
				w.app.take()
				return r.status == http.StatusOK == (c.want == pass) && r.status != http.StatusInternalServerError
			})
			w.judge(t, forbidOr(c.want), framesTLS.ask(w, t, request{target: "/admin/x", fields: []string{cookie}}))
			if got := w.person(t).follow(home + "/x"); got.status != http.StatusOK {
				t.Errorf("the next sign-in ends with %d", got.status)
			}
			w.app.take()
		})
	}
	for name, do := range map[string]func(){
		"the indices are garbage":  func() { all(server, "gatehouse:[iu]:*", "SET", "x") },
		"the indices are gone":     func() { all(server, "gatehouse:[iu]:*", "DEL") },
		"there is something large": func() { server.Do("SET", "gatehouse:x", strings.Repeat("x", 1<<20)) },
	} {
		a.try(name, func(t *testing.T) {
			do()
			w.judge(t, pass, framesTLS.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + ben.cookie()}}))
			p := w.person(t)
			if r := p.follow(home + "/.auth/login"); r.status >= 500 && r.status != http.StatusServiceUnavailable {
				t.Errorf("a sign-in ends with %d: %.200s", r.status, r.body)
			}
			w.app.take()
			if r := p.signOut(t); r.status >= 500 && r.status != http.StatusServiceUnavailable {
				t.Errorf("a sign-out ends with %d", r.status)
			}
			w.app.take()
		})
	}
	a.try("nobody's words are in it", func(t *testing.T) {
		w.idp.AutoLogin("ana.kovacs")
		p := w.person(t)
		key := newKey(t, server, "gatehouse:s:*", func() { p.follow(home + "/.auth/login") })
		w.app.take()
		for _, k := range keys(server, "*") {
			for _, text := range []string{address, subject, "staff", "eyJhbGciOi"} {
				if strings.Contains(k, text) {
					t.Errorf("%s is in the key %s", text, k)
				}
			}
		}
		value := server.Do("GET", key)
		for _, text := range []string{address, subject, "staff", "eyJhbGciOi"} {
			if strings.Contains(value, text) {
				t.Errorf("%s is in a session's value", text)
			}
		}
		if _, id, _ := strings.Cut(key, "{"); strings.Contains(p.cookie(), strings.TrimSuffix(id, "}")) {
			t.Error("the key's name opens the session")
		}
	})
}

// spoil changes one byte of a value, counted from 1, or backwards from -1.
func spoil(server *redistest.Server, key string, at int) {
	server.Do("EVAL", `local v, n = redis.call('GET', KEYS[1]), tonumber(ARGV[1]); if n < 0 then n = #v + 1 + n end
		return redis.call('SET', KEYS[1], v:sub(1, n-1) .. string.char((v:byte(n)+1) % 256) .. v:sub(n+1))`, "1", key, itoa(at))
}

func all(server *redistest.Server, pattern, command string, more ...string) {
	for _, k := range keys(server, pattern) {
		server.Do(append([]string{command, k}, more...)...)
	}
}

func forbidOr(want verdict) verdict {
	if want == pass {
		return forbid
	}
	return signInOr503
}

// signOut signs out as the page's form does.
func (p *person) signOut(t *testing.T) reply {
	t.Helper()
	return p.follow(home+"/.auth/logout", "Sec-Fetch-Site: same-origin")
}

// TestADeploymentsSessionsAreItsOwn: another prefix, another key, or another
// kind of store is another deployment.
func TestADeploymentsSessionsAreItsOwn(t *testing.T) {
	a := begin(t, "store")
	server := redistest.Start(t)
	w := openStored(t, server, "one:", nil)
	const other = "0b1d7a90c4e26b8833a1f04d9be7520c6d8e41f7a23b95c0e17f6482d0a9b35c"
	worlds := map[string]*world{
		"another prefix":                  openStored(t, server, "two:", nil),
		"a prefix that begins so":         openStored(t, server, "one:s:", nil),
		"another key":                     openStored(t, server, "one:", map[string]string{"KEY": other}),
		"sessions in cookies":             open(t, simple),
		"another key and another prefix":  openStored(t, server, "three:", map[string]string{"KEY": other}),
		"another Redis with the same key": openStored(t, redistest.Start(t), "one:", nil),
	}
	p := w.signIn(t, "ana.kovacs")
	cookie := "Cookie: " + p.cookie()
	w.judge(t, pass, inTheClear.ask(w, t, request{target: "/x", fields: []string{cookie}}))
	for name, there := range worlds {
		for _, v := range ways {
			a.try(v.name+" to "+name, func(t *testing.T) {
				there.judge(t, signIn, v.ask(there, t, request{target: "/x", fields: []string{cookie}}))
			})
		}
		a.try("from "+name, func(t *testing.T) {
			w.judge(t, signIn, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + there.signIn(t, "ana.kovacs").cookie()}}))
		})
		a.try("benign: at home in "+name, func(t *testing.T) {
			there.judge(t, pass, inTheClear.ask(there, t, request{target: "/x", fields: []string{"Cookie: " + there.signIn(t, "ana.kovacs").cookie()}}))
		})
	}
	// Whoever has Redis alone has no session: what stands there opens with the
	// keys of the file, and the cookie is no name of a key.
	for _, k := range keys(server, "one:s:*") {
		id := strings.TrimSuffix(strings.TrimPrefix(k, "one:s:{"), "}")
		for _, value := range []string{id, "1~" + id, k, "*", "{" + id + "}", "one:s:" + id} {
			for _, v := range ways {
				a.try(v.name+" a key's name as a cookie: "+value, func(t *testing.T) {
					w.judge(t, signIn, v.ask(w, t, request{target: "/x", fields: []string{"Cookie: __Host-gatehouse=" + value}}))
				})
			}
		}
	}
	for _, value := range []string{"x\r\nFLUSHALL", "*", "?", "[a-z]", strings.Repeat("A", 8000), "../../x", "gatehouse:s:*", "1~", "1~MTc5"} {
		a.try("guessed: "+value[:min(20, len(value))], func(t *testing.T) {
			r := inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: __Host-gatehouse=" + strings.ReplaceAll(value, "\r\n", "%0d%0a")}})
			w.judge(t, signIn, r)
		})
	}
	a.try("benign: the session is still there", func(t *testing.T) {
		w.judge(t, pass, overTLS.ask(w, t, request{target: "/x", fields: []string{cookie}}))
	})
}

// TestRedissPasswordIsASecret: in the log, in the metrics, and of operators'
// pages, also when it is wrong or nobody answers.
func TestRedissPasswordIsASecret(t *testing.T) {
	a := begin(t, "store")
	const password = "redis-password-Zk7rW2qNv9"
	server := redistest.Start(t, "--requirepass", password)
	for name, given := range map[string]string{"benign: the right one": password, "a wrong one": "another-password-Xw3Lm8"} {
		w := openStored(t, server, "gatehouse:", map[string]string{"REDIS": ":" + given + "@" + server.Address})
		w.plant(password, given)
		a.try(name, func(t *testing.T) {
			p := w.person(t)
			if r := p.follow(home + "/x"); (r.status == http.StatusOK) != (given == password) || r.status == http.StatusInternalServerError {
				t.Errorf("%d: %.200s", r.status, r.body)
			}
			w.app.take()
			for _, target := range []string{"/readyz", "/api/state", "/api/sessions", "/"} {
				w.search(t, target, toOperators.ask(w, t, request{target: target, host: w.plain.Address("admin").String()}).body)
			}
		})
	}
}

// TestWithoutRedisNobodyIsSomebody: closed, not open, and no cookie is taken
// away from anybody.
func TestWithoutRedisNobodyIsSomebody(t *testing.T) {
	a := begin(t, "store")
	server := redistest.Start(t)
	w := openStored(t, server, "gatehouse:", nil)
	ana, ben := w.signIn(t, "ana.kovacs"), w.signIn(t, "ben.osei")
	w.judge(t, pass, ana.follow(home+"/x"))
	server.Kill()
	redistest.Eventually(t, "the gateways have noticed", func() bool {
		one, two := inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + ana.cookie()}}), overTLS.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + ana.cookie()}})
		w.app.take()
		return one.status == http.StatusServiceUnavailable && two.status == http.StatusServiceUnavailable
	})
	for _, c := range []struct {
		name, target, method, cookie string
		status                       []int
	}{
		{"a session", "/x", "GET", ana.cookie(), []int{503}},
		{"an administrator's", "/admin/x", "GET", ben.cookie(), []int{503}},
		{"a POST", "/x", "POST", ana.cookie(), []int{503}},
		{"/me", "/.auth/me", "GET", ana.cookie(), []int{503}},
		{"the portal", "/.auth/", "GET", ana.cookie(), []int{503}},
		{"nobody", "/x", "GET", "", []int{401}},
		{"nobody's cookie", "/x", "GET", "__Host-gatehouse=1~AAAA", []int{401, 503}},
		{"a sign-out", "/.auth/logout", "GET", ana.cookie(), []int{200, 303, 302, 503}},
		{"a logout token", "/.auth/backchannel-logout/ping", "POST", "", []int{400, 503}},
	} {
		for _, v := range ways {
			a.try(v.name+" "+c.name, func(t *testing.T) {
				var fields []string
				if c.cookie != "" {
					fields = []string{"Cookie: " + c.cookie}
				}
				r := v.ask(w, t, request{method: c.method, target: c.target, fields: fields})
				if !slices.Contains(c.status, r.status) {
					t.Errorf("%d, want %v: %.200s", r.status, c.status, r.body)
				}
				if r.status == 503 && len(r.header.Values("Set-Cookie")) != 0 {
					t.Errorf("a cookie is set: %q", r.header.Values("Set-Cookie"))
				}
				w.app.untouched(t)
			})
		}
	}
	for _, v := range ways {
		a.try(v.name+" a public page goes on, for nobody", func(t *testing.T) {
			r := v.ask(w, t, request{target: "/public/x", fields: []string{"Cookie: " + ana.cookie()}})
			if r.status != http.StatusOK {
				t.Fatalf("%d", r.status)
			}
			_, raw := w.app.only(t)
			if got := linesOf(raw, "X-Forwarded-User"); got != nil {
				t.Errorf("the app is told of %q", got)
			}
		})
	}
	server.Start()
	a.try("benign: when it is back", func(t *testing.T) {
		redistest.Eventually(t, "sign-ins work again", func() bool {
			r := inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + ana.cookie()}})
			w.app.take()
			return r.status == http.StatusUnauthorized || r.status == http.StatusOK
		})
		w.judge(t, pass, w.signIn(t, "ana.kovacs").follow(home+"/x"))
	})
}
