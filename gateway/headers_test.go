package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const forger = "mallory-4711"

// TestForgedTrailersNeverArrive: an upstream may take them for headers.
func TestForgedTrailersNeverArrive(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	var trailers http.Header
	h.app.answers(func(w http.ResponseWriter, r *http.Request) {
		buffer := make([]byte, 64)
		for {
			if _, err := r.Body.Read(buffer); err != nil {
				break
			}
		}
		trailers = r.Trailer.Clone()
		w.Write([]byte(hello))
	})
	cookie := h.signIn("ana.kovacs").sessionCookie()
	h.raw(t, "POST /x HTTP/1.1\nHost: app.example.test\nCookie: "+cookie+"\nTransfer-Encoding: chunked\nTrailer: X-Forwarded-Email, Remote-User\n\n"+
		"3\nabc\n0\nX-Forwarded-Email: "+forger+"\nRemote-User: "+forger+"\n\n").wants(http.StatusOK)
	for name, values := range trailers {
		for _, v := range values {
			if strings.Contains(v, forger) {
				t.Errorf("trailer %s: %s arrives", name, v)
			}
		}
	}
	if e := h.app.only(t).named("X-Forwarded-Email"); len(e) != 1 || e[0] != "ana.kovacs@example.com" {
		t.Errorf("the app sees X-Forwarded-Email %q", e)
	}
}

// TestClaimsInHeadersAreEncoded: no element of a joined value can hold the
// joiner, and non-ASCII goes as UTF-8.
func TestClaimsInHeadersAreEncoded(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - name: app
    from: https://app.example.test
    to: "${APP}"
    policy: [{allow: everyone}]
    headers:
      X-Teams: {claim: groups, join: ";"}
      X-Name: {claim: name}
      X-Verified: {claim: email_verified}
      X-Forwarded-Preferred-Username: null
`)
	h.signIn("zoë.o’neill").open(home + "/x").fromApp()
	got := h.app.only(t)
	for name, want := range map[string][]string{
		"X-Forwarded-Groups":             {"staff,R&D%2C Berlin,50%25 time"},
		"X-Teams":                        {"staff;R&D, Berlin;50%25 time"},
		"X-Name":                         {"Zoë O’Neill, Ph.D."},
		"X-Verified":                     {"true"},
		"X-Forwarded-Preferred-Username": nil,
	} {
		if diff := cmp.Diff(want, got.named(name)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestGatehouseCookiesStayOutside: the upstream neither receives nor sets
// them, in headers, informational answers or trailers; its own pass.
func TestGatehouseCookiesStayOutside(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	h.app.answers(func(w http.ResponseWriter, _ *http.Request) {
		ours := []string{"__Host-gatehouse=evil", "gatehouse=evil", "__Host-gatehouse.1=evil; Path=/", "__Host-gatehouse-AAAAAAAAAAAA=evil", " gatehouse =evil", "=__Host-gatehouse=evil"}
		w.Header()["Set-Cookie"] = append(ours, "theirs=1; Path=/")
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header()["Set-Cookie"] = append(ours, "theirs=1; Path=/")
		w.Header().Set("Trailer", "Set-Cookie, X-Sum")
		w.Write([]byte(hello))
		w.Header()["Set-Cookie"] = ours
		w.Header().Set("X-Sum", "7")
	})
	b := h.signIn("ana.kovacs")
	c := h.connect(t)
	c.write("GET /x HTTP/1.1\nHost: app.example.test\nCookie: theirs=1; " + b.sessionCookie() + "; __Host-gatehouse-AAAAAAAAAAAA=1; gatehouse=2; more=3\nConnection: close\n\n")
	var text strings.Builder
	buffer := make([]byte, 4096)
	for {
		n, err := c.r.Read(buffer)
		text.Write(buffer[:n])
		if err != nil {
			break
		}
	}
	if strings.Contains(text.String(), "evil") {
		t.Errorf("the upstream sets our cookies:\n%s", text.String())
	}
	if strings.Count(text.String(), "theirs=1") == 0 || !strings.Contains(text.String(), "103 Early Hints") || !strings.Contains(text.String(), "X-Sum: 7") {
		t.Errorf("what is the upstream's own does not pass:\n%s", text.String())
	}
	got := h.app.only(t).Header["Cookie"]
	if diff := cmp.Diff([]string{"theirs=1; more=3"}, got); diff != "" {
		t.Errorf("cookies at the upstream (-want +got):\n%s", diff)
	}
}

// TestAuthorizationPassesUntouched: it is the application's where no rule sets
// it.
func TestAuthorizationPassesUntouched(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	cookie := h.signIn("ana.kovacs").sessionCookie()
	h.raw(t, "GET /x HTTP/1.1\nHost: app.example.test\nCookie: "+cookie+"\nAuthorization: Basic YTpi\n\n").fromApp()
	if got := h.app.only(t).Header["Authorization"]; len(got) != 1 || got[0] != "Basic YTpi" {
		t.Errorf("the app sees Authorization %q", got)
	}
}

// TestFixedHeadersReplaceTheClients, Authorization included; null removes.
func TestFixedHeadersReplaceTheClients(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
headers:
  X-Api-Key: {value: "${BACKEND_KEY}"}
  X-Forwarded-Groups: null
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}], headers: {Authorization: {value: "Bearer ${BACKEND_KEY}"}}}
  - {name: without, from: "https://app.example.test/without", to: "${APP}", policy: [{allow: everyone}], headers: {X-Api-Key: null, Authorization: null}}
`, with("BACKEND_KEY", "backend-key-3Jd8"))
	h.log.secret("backend-key-3Jd8")
	cookie := h.visitorCookie("ana.kovacs")
	for target, want := range map[string]map[string][]string{
		"/x":         {"X-Api-Key": {"backend-key-3Jd8"}, "Authorization": {"Bearer backend-key-3Jd8"}, "X-Forwarded-Groups": nil},
		"/without/x": {"X-Api-Key": nil, "Authorization": nil, "X-Forwarded-Groups": nil},
	} {
		h.raw(t, "GET "+target+" HTTP/1.1\nHost: app.example.test\nCookie: "+cookie+
			"\nX-Api-Key: "+forger+"\nX_Api_Key: "+forger+"\nAuthorization: Bearer "+forger+"\nX-Forwarded-Groups: "+forger+"\n\n").fromApp()
		got := h.app.only(t)
		for name, values := range want {
			if diff := cmp.Diff(values, got.named(name)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", target, name, diff)
			}
		}
	}
}

// TestOwnAnswersCarryTheirHeaders: every answer of Gatehouse itself.
func TestOwnAnswersCarryTheirHeaders(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b, cleo := h.signIn("ana.kovacs"), h.signIn("cleo.marsh")
	for _, c := range []struct {
		name   string
		answer *answer
		status int
	}{
		{"redirect to the provider", h.browser().once(home + "/x"), 302},
		{"401", h.browser().fetch("GET", home+"/x", ""), 401},
		{"403 page", cleo.once(home + "/x"), 403},
		{"403 JSON", cleo.fetch("GET", home+"/x", ""), 403},
		{"callback", h.browser().once(home + "/.auth/callback/ping?state=x"), 400},
		{"me", b.fetch("GET", home+"/.auth/me", ""), 200},
		{"home", b.once(home + "/.auth/"), 200},
		{"ok", b.once(home + "/.auth/ok"), 200},
		{"signed out", b.once(home + "/.auth/signed-out"), 200},
		{"confirmation", b.send(stay, "GET", home+"/.auth/logout", "", "Sec-Fetch-Site", "cross-site", "Accept", "text/html"), 200},
		{"sign-out", b.once(home + "/.auth/logout"), 303},
		{"unknown address", b.once(home + "/.auth/what"), 404},
		{"unknown host", b.once("https://unknown.example.test/x"), 421},
		{"ambiguous path", b.once(home + "/a%2fb"), 400},
	} {
		c.answer.wants(c.status)
		header := c.answer.Header
		csp := header.Get("Content-Security-Policy")
		switch {
		case header.Get("Cache-Control") != "no-store",
			!strings.Contains(csp, "default-src 'none'"), !strings.Contains(csp, "frame-ancestors 'none'"), strings.Contains(csp, "unsafe"),
			header.Get("X-Content-Type-Options") != "nosniff", header.Get("Referrer-Policy") == "":
			t.Errorf("%s: %v", c.name, header)
		}
		if c.name != "unknown host" && header.Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no HSTS on https", c.name)
		}
	}
}
