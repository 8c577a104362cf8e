package attack

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestAPortalsTileLeadsHome [OpenID Connect Core 4]: anybody can make a link
// to it, so it begins a sign-in at the provider it names, and comes back to us.
func TestAPortalsTileLeadsHome(t *testing.T) {
	a := begin(t, "return")
	w := open(t, returning)
	iss := w.idp.Issuer()
	for _, c := range []struct {
		name  string
		query url.Values
		to    string // "" is refused
	}{
		{"benign", url.Values{"iss": {iss}}, "/"},
		{"benign: a target", url.Values{"iss": {iss}, "target_link_uri": {home + "/a?x=1&y=%2F"}}, "/a?x=1&y=%2F"},
		{"benign: a path", url.Values{"iss": {iss}, "target_link_uri": {"/a"}}, "/a"},
		{"benign: a hint", url.Values{"iss": {iss}, "login_hint": {"ana.kovacs"}, "target_link_uri": {"/a"}}, "/a"},
		{"another site", url.Values{"iss": {iss}, "target_link_uri": {"https://evil.example/"}}, "/"},
		{"no scheme", url.Values{"iss": {iss}, "target_link_uri": {"//evil.example/"}}, "/"},
		{"a backslash", url.Values{"iss": {iss}, "target_link_uri": {`/\evil.example`}}, "/"},
		{"a host that begins so", url.Values{"iss": {iss}, "target_link_uri": {home + ".evil.example/"}}, "/"},
		{"user information", url.Values{"iss": {iss}, "target_link_uri": {home + "@evil.example/"}}, "/"},
		{"a script", url.Values{"iss": {iss}, "target_link_uri": {"javascript:alert(1)"}}, "/"},
		{"rd instead", url.Values{"iss": {iss}, "rd": {"https://evil.example/"}}, "/"},
		{"our own sign-out", url.Values{"iss": {iss}, "target_link_uri": {"/.auth/logout"}}, "/"},
		{"a line break", url.Values{"iss": {iss}, "target_link_uri": {"/a\r\nSet-Cookie: x=y"}}, "/"},
		{"no issuer", url.Values{"target_link_uri": {"/a"}}, ""},
		{"an empty issuer", url.Values{"iss": {""}, "target_link_uri": {"/a"}}, ""},
		{"another issuer", url.Values{"iss": {"https://evil.example"}}, ""},
		{"the issuer and a slash", url.Values{"iss": {iss + "/"}}, ""},
		{"the issuer in upper case", url.Values{"iss": {strings.ToUpper(iss)}}, ""},
		{"two issuers", url.Values{"iss": {"https://evil.example", iss}}, ""},
		{"two issuers, the other order", url.Values{"iss": {iss, "https://evil.example"}}, ""},
		{"a hint that adds parameters", url.Values{"iss": {iss}, "login_hint": {"x&redirect_uri=https://evil.example&prompt=none"}}, "/"},
		{"a hint of 60 KB", url.Values{"iss": {iss}, "login_hint": {strings.Repeat("x", 50_000)}}, "/"},
		{"the protocol's own parameters", url.Values{"iss": {iss}, "redirect_uri": {"https://evil.example"}, "client_id": {"other"}, "scope": {"admin"}, "response_type": {"token"}, "state": {"x"}, "nonce": {"x"}, "acr_values": {"x"}, "prompt": {"none"}, "request_uri": {"https://evil.example"}}, "/"},
	} {
		for _, method := range []string{"GET", "POST"} {
			a.try("initiate: "+method+" "+c.name, func(t *testing.T) {
				w.idp.AutoLogin("ana.kovacs")
				p := w.person(t)
				fields, body, at := navigation, "", home+"/.auth/initiate/ping?"+c.query.Encode()
				if method == "POST" {
					fields = append([]string{"Content-Type: application/x-www-form-urlencoded", "Origin: https://portal.example", "Sec-Fetch-Site: cross-site"}, navigation...)
					body, at = c.query.Encode(), home+"/.auth/initiate/ping"
				}
				r, _ := p.send(stay, method, at, body, fields)
				if c.to == "" {
					w.refusesCallback(t, p, r)
					return
				}
				if r.status != http.StatusFound && r.status != http.StatusSeeOther || r.setsSession() {
					t.Fatalf("%d: %.300s", r.status, r.body)
				}
				to, err := url.Parse(r.header.Get("Location"))
				if err != nil || !strings.HasPrefix(to.String(), iss+"/") {
					t.Fatalf("sent to %s", r.header.Get("Location"))
				}
				q := to.Query()
				for name, want := range map[string]string{"client_id": "gatehouse", "response_type": "code", "redirect_uri": home + "/.auth/callback/ping", "prompt": "", "acr_values": "", "request_uri": ""} {
					if q.Get(name) != want || len(q[name]) > 1 {
						t.Errorf("%s is %q", name, q[name])
					}
				}
				if len(q.Get("state")) < 43 || len(q.Get("nonce")) < 43 {
					t.Errorf("asks %v", q)
				}
				at = p.until(home+"/.auth/callback/", to.String()).String()
				leadsTo(t, p.step(at), c.to)
				w.app.take()
			})
		}
	}
	for _, r := range []request{
		{target: "/.auth/initiate/nobody?iss=" + url.QueryEscape(iss)}, {target: "/.auth/initiate/?iss=" + url.QueryEscape(iss)}, {target: "/.auth/initiate/ping/x?iss=" + url.QueryEscape(iss)},
		{target: "/.auth/initiate/PING?iss=" + url.QueryEscape(iss)}, {target: "/.auth/initiate/rogue?iss=" + url.QueryEscape(iss)},
		{method: "PUT", target: "/.auth/initiate/ping?iss=" + url.QueryEscape(iss)}, {method: "OPTIONS", target: "/.auth/initiate/ping?iss=" + url.QueryEscape(iss)},
	} {
		for _, v := range ways {
			a.try(v.name+" initiate: "+r.method+" "+r.target, func(t *testing.T) {
				r.fields = navigation
				w.judge(t, refuse, v.ask(w, t, r))
			})
		}
	}
	for _, fields := range [][]string{{"Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: image"}, {"Sec-Fetch-Mode: cors"}} {
		a.try("initiate: a page's "+strings.Join(fields, " "), func(t *testing.T) {
			r := inTheClear.ask(w, t, request{target: "/.auth/initiate/ping?iss=" + url.QueryEscape(iss), fields: fields})
			if w.judge(t, elsewhere, r); r.header.Get("Set-Cookie") != "" {
				t.Errorf("%d, and a cookie", r.status)
			}
		})
	}
}
