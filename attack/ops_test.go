package attack

import (
	"net/http"
	"strings"
	"testing"
)

// TestNothingOfOperationsIsPublic [CVE-2022-24797].
func TestNothingOfOperationsIsPublic(t *testing.T) {
	a := begin(t, "ops")
	w := open(t, simple)
	for _, target := range []string{
		"/metrics", "/healthz", "/readyz", "/debug/pprof/", "/debug/pprof/heap", "/debug/vars", "/api/state", "/api/sessions", "/api/reload", "/api/sessions/revoke",
		"/.auth/metrics", "/.auth/healthz", "/.auth/readyz", "/.auth/debug/pprof/", "/.auth/api/state", "/.auth/api/reload", "/.auth/admin", "/.auth/verify",
	} {
		for _, v := range ways {
			a.try(v.name+" "+target, func(t *testing.T) {
				r := v.ask(w, t, request{target: target})
				if r.status < 400 || r.status >= 500 || strings.Contains(r.body, "gatehouse_") || strings.Contains(r.body, "goroutine") {
					t.Errorf("%d: %.200s", r.status, r.body)
				}
				w.app.untouched(t)
			})
		}
	}
	for _, name := range []string{"evil.example", "app.example.test", "localhost.evil.example", "127.0.0.1.evil.example"} {
		a.try("the admin listener asked for as "+name, func(t *testing.T) { // DNS rebinding
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+w.plain.Address("admin").String()+"/api/state", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Host = name
			transport := &http.Transport{DisableKeepAlives: true}
			res, err := transport.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode < 400 || res.StatusCode > 499 {
				t.Errorf("%d", res.StatusCode)
			}
		})
	}
}

// TestStrangersLeaveNothingBehind: whatever they send is no metric's label, no
// line of their own in the log, and no secret of somebody's in either.
func TestStrangersLeaveNothingBehind(t *testing.T) {
	a := begin(t, "ops")
	w := open(t, simple)
	ana := w.signIn(t, "ana.kovacs").cookie()
	w.plant(forger + "-planted-secret")
	secret := forger + "-planted-secret"
	for _, r := range []request{
		{method: strings.ToUpper(forger), target: "/public/x"},
		{target: "/public/" + forger},
		{target: "/public/x?" + secret},
		{target: "/x?token=" + secret + "&code=" + secret, fields: navigation},
		{target: "/.auth/callback/ping?code=" + secret + "&state=" + secret},
		{target: "/.auth/callback/ping?error=" + forger + "&state=x"},
		{target: "/.auth/callback/" + forger},
		{target: "/.auth/login?provider=" + forger + "&rd=/x?" + secret},
		{target: "/", host: forger + ".example"},
		{target: "/x", fields: []string{"Authorization: Bearer " + secret}},
		{target: "/x", fields: []string{"Authorization: Basic " + secret}},
		{target: "/x", fields: []string{"X-Gatehouse-Token: " + secret}},
		{target: "/x", fields: []string{"Cookie: __Host-gatehouse=1~" + secret}},
		{target: "/x", fields: []string{"Cookie: theirs=" + secret}},
		{target: "/x", fields: []string{"Cookie: " + ana, "Authorization: Bearer " + secret}},
		{target: "/x", fields: []string{"Referer: https://app.example.test/?code=" + secret}},
		{target: "/x", fields: []string{"User-Agent: " + secret}},
		{target: "/.auth/logout", method: "POST", body: "token=" + secret, fields: []string{"Cookie: " + ana, "Origin: " + home, "Content-Type: application/x-www-form-urlencoded"}},
		{target: "/public/x", fields: []string{"X-Request-Id: " + forger}},
		{target: "/public/%0atime=x", fields: []string{"Host2: x"}},
		{target: "/public/x\" level=error msg=\"" + forger},
	} {
		for _, v := range ways {
			a.try(v.name+" "+r.method+r.target+strings.Join(r.fields, " "), func(t *testing.T) {
				if answer := v.ask(w, t, r); answer.status >= 500 {
					t.Errorf("%d", answer.status)
				}
				w.app.take()
				for _, server := range []string{metrics(t, w.plain), metrics(t, w.tls)} {
					w.search(t, "the metrics", server)
					if strings.Contains(strings.ToLower(server), forger) {
						t.Error("a stranger's word is a label")
					}
				}
				w.search(t, "the log", w.log())
			})
		}
	}
	a.try("each line of the log is one object", func(t *testing.T) {
		for line := range strings.Lines(w.log()) {
			if !strings.HasPrefix(line, "{") || !strings.HasSuffix(line, "}\n") {
				t.Errorf("%.200q", line)
			}
		}
	})
}

// TestEveryRefusalIsCounted: by its reason, also what net/http refuses by itself.
func TestEveryRefusalIsCounted(t *testing.T) {
	a := begin(t, "ops")
	w := open(t, simple)
	for reason, bytes := range map[string]string{
		"framing_ambiguous":     post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"head_malformed":        get + "X A: b\r\n\r\n",
		"head_too_large":        get + "X-A: " + strings.Repeat("b", 1<<20) + "\r\n\r\n",
		"version_not_supported": "GET /public/x HTTP/3.0\r\nHost: app.example.test\r\n\r\n",
		"host_malformed":        "GET /public/x HTTP/1.1\r\n\r\n",
		"expectation_unknown":   post + "Expect: 200-ok\r\nContent-Length: 0\r\n\r\n",
		"method_not_allowed":    "TRACE /public/x HTTP/1.1\r\nHost: app.example.test\r\n\r\n",
		"target_malformed":      "OPTIONS * HTTP/1.1\r\nHost: app.example.test\r\n\r\n",
		"upgrade_not_allowed":   get + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
		"host_unknown":          "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
		"path_ambiguous":        "GET //x HTTP/1.1\r\nHost: app.example.test\r\nConnection: close\r\n\r\n",
		"login_required":        "GET /x HTTP/1.1\r\nHost: app.example.test\r\nConnection: close\r\n\r\n",
		"attempt_unknown":       "GET /.auth/callback/ping?code=x&state=y HTTP/1.1\r\nHost: app.example.test\r\nConnection: close\r\n\r\n",
	} {
		a.try(reason, func(t *testing.T) {
			r := inTheClear.raw(w, t, bytes)
			if !strings.Contains(metrics(t, w.plain), `gatehouse_refusals_total{reason="`+reason+`"} 1`) {
				t.Errorf("%d is not counted as that", r.status)
			}
			if !strings.Contains(w.log(), `"reason":"`+reason+`"`) && reason != "login_required" {
				t.Error("the log does not say so")
			}
			w.app.untouched(t)
		})
	}
}
