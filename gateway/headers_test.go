package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// forgeries are headers by which a client could tell an application who is
// calling, from where or for what. %s is the value.
var forgeries = []string{
	"X-Forwarded-Email: %s", "x-forwarded-email: %s", "X-FORWARDED-EMAIL: %s",
	"X_Forwarded_Email: %s", "X-Forwarded_Email: %s", "x_forwarded-email: %s", "X.Forwarded.Email: %s", "X-Forwarded.Email: %s",
	"X-Forwarded-Email: %s\nX-Forwarded-Email: %s", "X-Forwarded-Email: %s\nX_Forwarded_Email: %s",
	"X-Forwarded-User: %s", "X_Forwarded_User: %s", "X-Forwarded-Groups: %s", "X.Forwarded.Groups: %s", "X-Forwarded-Preferred-Username: %s",
	"X-Forwarded-Access-Token: %s", "X-Forwarded-Anything: %s", "X_Forwarded_Anything: %s", "X-Forwarded: %s",
	"X-Gatehouse-Provider: %s", "X_Gatehouse_Provider: %s", "X-Gatehouse-Assertion: %s", "X-Gatehouse-Token: %s",
	"X-Auth-Request-Email: %s", "X_Auth_Request_User: %s", "X-Auth-Request-Redirect: %s",
	"Remote-User: %s", "Remote_User: %s", "REMOTE-USER: %s",
	"Cf-Access-Jwt-Assertion: %s", "Cf_Access_Authenticated_User_Email: %s",
	"X-Employee: %s", "x_employee: %s", "X.Employee: %s",
	"X-Tenant: %s", "X_Tenant: %s",
	"Forwarded: for=%s", "X-Real-Ip: %s", "X_Real_IP: %s", "X.Real.IP: %s", "True-Client-Ip: %s", "True_Client_IP: %s",
	"X-Original-Url: /%s", "X_Original_URL: /%s", "X-Original-Host: %s", "X-Rewrite-Url: /%s", "X_Rewrite_Url: /%s",
	"X-HTTP-Method-Override: %s", "X_HTTP_Method_Override: %s",
	"X-Request-Id: %s", "X_Request_Id: %s",
	"Connection: close, X-Forwarded-Email\nX-Forwarded-Email: %s",
	"Connection: X-Forwarded-User, X-Forwarded-Groups, X-Gatehouse-Provider, X-Tenant\nX-Employee: %s",
	"Keep-Alive: X-Forwarded-Email\nX-Forwarded-Email: %s",
	"Trailer: X-Forwarded-Email\nX-Forwarded-Email: %s",
}

const forger = "mallory-4711"

const headerRoutes = `
headers:
  X-Tenant: {value: acme}
  X-Employee: {claim: employee.id}
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - name: staff
    from: https://app.example.test
    to: "${APP}"
    policy: [{allow: everyone}]
    headers:
      X-Gatehouse-Provider: null
`

// TestForgedHeadersNeverArrive [CVE-2025-64484, CVE-2021-32813,
// CVE-2024-45410]: in whatever spelling, whoever is calling and also when the
// claim is absent, the upstream sees the gateway's value alone, once.
func TestForgedHeadersNeverArrive(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+headerRoutes)
	ana, dev := h.signIn("ana.kovacs"), h.signIn("dev.rao") // Dev has no e-mail address
	for _, caller := range []struct {
		name, target, cookie string
		// own are the identity headers that the gateway sets for this caller.
		own map[string]string
	}{
		{"signed in", "/x", ana.sessionCookie(), map[string]string{
			"X-Forwarded-User": "0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11", "X-Forwarded-Email": "ana.kovacs@example.com",
			"X-Forwarded-Preferred-Username": "ana.kovacs", "X-Forwarded-Groups": "staff,engineering", "X-Tenant": "acme",
		}},
		{"signed in without an address", "/x", dev.sessionCookie(), map[string]string{
			"X-Forwarded-User": "d36b0a71-5f82-4e9c-9b40-c18e6f2d7b44", "X-Forwarded-Groups": "staff",
			"X-Forwarded-Preferred-Username": "dev.rao", "X-Tenant": "acme",
		}},
		{"signed in on a public route", "/public/x", ana.sessionCookie(), map[string]string{
			"X-Forwarded-User": "0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11", "X-Forwarded-Email": "ana.kovacs@example.com",
			"X-Forwarded-Preferred-Username": "ana.kovacs", "X-Forwarded-Groups": "staff,engineering", "X-Tenant": "acme",
			"X-Gatehouse-Provider": "ping",
		}},
		{"anonymous on a public route", "/public/x", "a=b", map[string]string{"X-Tenant": "acme"}},
	} {
		t.Run(caller.name, func(t *testing.T) {
			for _, forged := range append([]string{"X-Benign: %s"}, forgeries...) {
				lines := strings.ReplaceAll(forged, "%s", forger)
				a := h.raw(t, "GET "+caller.target+" HTTP/1.1\nHost: app.example.test\nCookie: "+caller.cookie+"\n"+lines+"\n\n")
				a.fromApp()
				got := h.app.only(t)
				for name, values := range got.Header {
					if name != "X-Benign" && strings.Contains(strings.Join(values, " "), forger) {
						t.Errorf("%q arrives as %s: %q", lines, name, values)
					}
				}
				always := map[string]string{"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example.test"}
				for _, name := range []string{
					"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-Groups", "X-Gatehouse-Provider",
					"X-Tenant", "X-Employee", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
				} {
					want := caller.own[name]
					if always[name] != "" {
						want = always[name]
					}
					var list []string
					if want != "" {
						list = []string{want}
					}
					if diff := cmp.Diff(list, got.named(name)); diff != "" {
						t.Errorf("with %q, %s (-want +got):\n%s", lines, name, diff)
					}
				}
				if len(got.named("X-Request-Id")) != 1 {
					t.Errorf("with %q there are %d request ids", lines, len(got.named("X-Request-Id")))
				}
				if forged == "X-Benign: %s" && got.Header.Get("X-Benign") != forger {
					t.Error("an honest header does not arrive")
				}
			}
		})
	}
}

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
