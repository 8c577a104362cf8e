package attack

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// headerRoutes set headers of the operator's own as well. The admin route takes
// one of the usual ones away.
const headerRoutes = `
headers:
  X-Tenant: {value: acme}
  X-Employee: {claim: employee.id}
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - {name: staff, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}], headers: {X-Gatehouse-Provider: null}}
`

// identity is every header by which the app is told who calls, and from where.
var identity = []string{
	"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-Groups", "X-Gatehouse-Provider",
	"X-Tenant", "X-Employee", "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host",
}

// TestForgedHeadersNeverArrive [CVE-2025-64484, CVE-2021-32813, CVE-2024-45410,
// CVE-2026-35051]: in whatever spelling, whoever is calling and also when the
// claim is absent, the upstream sees the gateway's value alone, once. Whatever a
// client makes up holds the same word, so one look at the bytes that arrive is
// enough.
func TestForgedHeadersNeverArrive(t *testing.T) {
	a := begin(t, "headers")
	w := open(t, onLoopback+"providers:"+honest+headerRoutes)
	ana, dev := w.signIn(t, "ana.kovacs"), w.signIn(t, "dev.rao") // Dev has no e-mail address
	always := map[string]string{"X-Tenant": "acme", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": host}
	callers := []struct {
		name, target, cookie string
		own                  map[string]string
	}{
		{"ana", "/x", ana.cookie(), map[string]string{
			"X-Forwarded-User": subject, "X-Forwarded-Email": address, "X-Forwarded-Preferred-Username": "ana.kovacs", "X-Forwarded-Groups": "staff,engineering",
		}},
		{"dev, who has no address", "/x", dev.cookie(), map[string]string{
			"X-Forwarded-User": "d36b0a71-5f82-4e9c-9b40-c18e6f2d7b44", "X-Forwarded-Preferred-Username": "dev.rao", "X-Forwarded-Groups": "staff",
		}},
		{"ana in public", "/public/x", ana.cookie(), map[string]string{
			"X-Forwarded-User": subject, "X-Forwarded-Email": address, "X-Forwarded-Preferred-Username": "ana.kovacs", "X-Forwarded-Groups": "staff,engineering",
			"X-Gatehouse-Provider": "ping",
		}},
		{"a stranger in public", "/public/x", "a=b", nil},
	}
	for _, forged := range []string{
		// Identity, and every spelling of it.
		"X-Forwarded-Email: %", "x-forwarded-email: %", "X-FORWARDED-EMAIL: %", "x-FoRwArDeD-eMaIl: %",
		"X_Forwarded_Email: %", "X-Forwarded_Email: %", "x_forwarded-email: %", "X.Forwarded.Email: %", "X-Forwarded.Email: %",
		"X~Forwarded~Email: %", "X!Forwarded-Email: %", "X|Forwarded|Email: %", "X'Forwarded'Email: %", "X*Forwarded+Email: %",
		"X-Forwarded-Email: %\nX-Forwarded-Email: %", "X-Forwarded-Email: %\nX_Forwarded_Email: %", "X-Forwarded-Email: a@example.com, %",
		"X-Forwarded-User: %", "X_Forwarded_User: %", "X-Forwarded-Groups: %", "X.Forwarded.Groups: %", "X-Forwarded-Preferred-Username: %",
		"X-Forwarded-Access-Token: %", "X-Forwarded-Anything: %", "X_Forwarded_Anything: %", "X-Forwarded: %", "X-Forwarded-: %", "X-Forwarded-Email-: %",
		"X-Gatehouse-Provider: %", "X_Gatehouse_Provider: %", "X-Gatehouse-Assertion: %", "X-Gatehouse-Token: %", "X-Gatehouse-New: %", "X.Gatehouse.Assertion: %",
		"X-Auth-Request-Email: %", "X_Auth_Request_User: %", "X-Auth-Request-Redirect: %", "X-Auth-Request-Access-Token: %",
		"Remote-User: %", "Remote_User: %", "REMOTE-USER: %", "Remote-Groups: %", "Remote-Email: %", "X-Remote-User: %", "X_Remote_User: %",
		"Cf-Access-Jwt-Assertion: %", "Cf_Access_Authenticated_User_Email: %", "CF-ACCESS-CLIENT-SECRET: %",
		"X-Employee: %", "x_employee: %", "X.Employee: %", "X-Tenant: %", "X_Tenant: %", "X-Tenant: %\nX_TENANT: %",
		"X-Webauth-User: %", "X-Goog-Authenticated-User-Email: %", "X-Amzn-Oidc-Identity: %", "X-Ms-Client-Principal: %", "X-Pomerium-Claim-Email: %",
		"Client-Cert: %", "X-Client-Cert: %", "Ssl-Client-S-Dn: %",
		// From where, and for what.
		"X-Forwarded-For: %", "X-Forwarded-For: 10.0.0.1, %", "X_Forwarded_For: %", "X-Forwarded-Host: %", "X_Forwarded_Host: %", "X-Forwarded-Proto: %",
		"X-Forwarded-Port: %", "X-Forwarded-Server: %", "X-Forwarded-Scheme: %", "X-Forwarded-Ssl: %", "X-Forwarded-Uri: /%", "X-Forwarded-Method: %", "X-Forwarded-Prefix: /%",
		"Forwarded: for=%", "FORWARDED: for=\"%\"", "Forwarded: for=1.2.3.4;host=%", "X-Real-Ip: %", "X_Real_IP: %", "X.Real.IP: %", "True-Client-Ip: %", "True_Client_IP: %",
		"X-Client-Ip: %", "Cf-Connecting-Ip: %", "Fastly-Client-Ip: %", "X-Cluster-Client-Ip: %", "X-Originating-Ip: %", "Client-Ip: %",
		"X-Original-Url: /%", "X_Original_URL: /%", "X-Original-Host: %", "X-Original-Method: %", "X-Original-Anything: %", "X-Rewrite-Url: /%", "X_Rewrite_Url: /%",
		"X-HTTP-Method-Override: %", "X_HTTP_Method_Override: %", "X-Http-Method: %", "X-Method-Override: %", "X-Host: %", "X-Scheme: %", "Front-End-Https: %",
		"X-Request-Id: %", "X_Request_Id: %", "X-Accel-Redirect: /%", "X-Sendfile: /%", "Proxy: http://%", "PROXY: %",
		"Content_Length: %", "Transfer_Encoding: %", "Http2-Settings: %",
		// Gatehouse's own cookies.
		"Cookie: __Host-gatehouse=%", "Cookie: gatehouse=%", "Cookie: __Host-gatehouse.1=%", "Cookie: __Host-gatehouse-AAAAAAAAAAAA=%", "Cookie: a=b; gatehouse.2=%; c=d",
		// Connection must not take the gateway's away, nor bring any.
		"Connection: X-Forwarded-Email\nX-Forwarded-Email: %", "Connection: close, X-Forwarded-Email\nX-Forwarded-Email: %", "connection: x-forwarded-email",
		"Connection: X-Forwarded-User, X-Forwarded-Groups, X-Gatehouse-Provider, X-Tenant\nX-Employee: %", "Connection: X-Forwarded-For, X-Forwarded-Host, X-Forwarded-Proto, X-Request-Id",
		"Connection: Cookie", "Connection: keep-alive\nConnection: X-Forwarded-User", "Connection: \"X-Forwarded-User\"", "Connection: X_Forwarded_User",
		"Keep-Alive: X-Forwarded-Email\nX-Forwarded-Email: %", "Proxy-Connection: X-Forwarded-Email\nX-Forwarded-Email: %", "Proxy-Authorization: %",
		"Trailer: X-Forwarded-Email\nX-Forwarded-Email: %",
	} {
		lines := strings.Split(strings.ReplaceAll(forged, "%", forger), "\n")
		for _, v := range ways {
			for _, caller := range callers {
				a.try(v.name+" "+forged+" "+caller.name, func(t *testing.T) {
					r := v.ask(w, t, request{target: caller.target, fields: append([]string{"Cookie: " + caller.cookie}, lines...)})
					if v.h2 && hopByHop(lines) { // has no place in HTTP/2 at all
						w.judge(t, refuse, r)
						return
					}
					if r.status != http.StatusOK {
						t.Fatalf("%d: %.300s", r.status, r.body)
					}
					_, raw := w.app.only(t)
					w.own(t, raw, always, caller.own)
				})
			}
		}
	}
	for _, f := range []string{"X-Harmless: value", "Authorization: Basic YTpi", "Accept: */*", "User-Agent: curl/8", "X-Forward: value", "Remotely: value", "X-Api-Key: value", "Cookie: theirs=value"} {
		for _, v := range ways {
			a.try(v.name+" "+f+" arrives", func(t *testing.T) {
				v.ask(w, t, request{target: "/public/x", fields: []string{f}})
				_, raw := w.app.only(t)
				if name, value, _ := strings.Cut(f, ": "); !slices.Equal(linesOf(raw, name), []string{value}) {
					t.Errorf("%q", linesOf(raw, name))
				}
			})
		}
	}
}

// own fails unless the app was told what the gateway says, and nothing else.
func (w *world) own(t *testing.T, raw string, sets ...map[string]string) {
	t.Helper()
	if strings.Contains(raw, forger) {
		t.Errorf("what the client made up arrives: %.600q", raw)
	}
	for _, name := range identity {
		var want []string
		for _, set := range sets {
			if set[name] != "" {
				want = []string{set[name]}
			}
		}
		if got := linesOf(raw, name); !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if len(linesOf(raw, "X-Request-Id")) != 1 {
		t.Error("there is not one request id")
	}
}

func hopByHop(lines []string) bool {
	return slices.ContainsFunc(lines, func(line string) bool {
		name, _, _ := strings.Cut(strings.ToLower(line), ":")
		return name == "connection" || name == "keep-alive" || name == "proxy-connection"
	})
}

// TestUpstreamsCannotSetOurCookies: neither in headers, nor in informational
// answers, nor in trailers. Their own pass.
func TestUpstreamsCannotSetOurCookies(t *testing.T) {
	a := begin(t, "headers")
	w := open(t, simple)
	for _, c := range []struct {
		cookie string
		passes bool
	}{
		{"theirs=1; Path=/", true},
		{"gatehouse_theirs=1", true},
		{"gatehousetheirs=1", true},
		{"my-gatehouse=1", true},
		{"__Host-gatehouse=x", false},
		{"gatehouse=x", false},
		{"__Host-gatehouse.1=x; Path=/", false},
		{"gatehouse.3=x", false},
		{"__Host-gatehouse-AAAAAAAAAAAA=x", false},
		{" gatehouse =x", false},
		{"\tgatehouse=x", false},
		{"=__Host-gatehouse=x", false},
		{"=gatehouse=x", false},
		{"__Host-gatehouse=; Max-Age=0", false},
		{"gatehouse=x; Domain=example.test", false},
	} {
		for _, v := range ways {
			for place, do := range map[string]http.HandlerFunc{
				"header": func(rw http.ResponseWriter, _ *http.Request) {
					rw.Header()["Set-Cookie"] = []string{c.cookie}
					_, _ = io.WriteString(rw, greeting)
				},
				"1xx": func(rw http.ResponseWriter, _ *http.Request) {
					rw.Header()["Set-Cookie"] = []string{c.cookie}
					rw.WriteHeader(http.StatusEarlyHints)
					rw.Header().Del("Set-Cookie")
					_, _ = io.WriteString(rw, greeting)
				},
				"trailer": func(rw http.ResponseWriter, _ *http.Request) {
					rw.Header().Set("Trailer", "Set-Cookie")
					_, _ = io.WriteString(rw, greeting)
					rw.Header()["Set-Cookie"] = []string{c.cookie}
				},
			} {
				a.try(v.name+" "+place+" "+c.cookie, func(t *testing.T) {
					w.app.answers(do)
					defer w.app.answers(nil)
					conn := v.dial(w, t)
					defer conn.Close()
					got := w.everything(t, v, conn)
					if found := strings.Contains(got, strings.TrimSpace(c.cookie)); found && !c.passes || !found && c.passes && place == "header" {
						t.Errorf("the client got %.600q", got)
					}
					w.app.take()
				})
			}
		}
	}
}
