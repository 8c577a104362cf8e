package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestPolicyIsReadFromTopToBottom: the three-valued reading through HTTP. For
// an anonymous caller identity is unknown, and nothing true means deny.
func TestPolicyIsReadFromTopToBottom(t *testing.T) {
	t.Parallel()
	const here, elsewhere = "127.0.0.0/8", "10.0.0.0/8"
	rules := []struct {
		policy               string
		anonymous, ana, cleo int // ana is in staff, cleo in contractors
	}{
		{`public`, 200, 200, 200},
		{`[{allow: everyone}]`, 302, 200, 200},
		{`[{allow: {group: staff}}]`, 302, 200, 403},
		{`[{deny: everyone}]`, 403, 403, 403},
		{`[{bypass: {path: /elsewhere}}]`, 403, 403, 403}, // nothing matches, and nobody could help it
		{`[{deny: {group: contractors}}, {allow: everyone}]`, 302, 200, 403},
		{`[{deny: {group: contractors}}, {bypass: everyone}]`, 302, 200, 403},
		{`[{allow: {group: staff}}, {bypass: everyone}]`, 200, 200, 200},
		{`[{allow: {group: staff}}, {bypass: {ip: ` + elsewhere + `}}]`, 302, 200, 403},
		{`[{allow: {group: staff}}, {deny: everyone}]`, 302, 200, 403},
		{`[{deny: {ip: ` + here + `}}, {allow: everyone}]`, 403, 403, 403},
		{`[{deny: {not_ip: ` + here + `}}, {allow: everyone}]`, 302, 200, 200},
		{`[{deny: {not_ip: ` + elsewhere + `}}, {bypass: everyone}]`, 403, 403, 403},
		{`[{bypass: {ip: ` + here + `}}, {deny: everyone}]`, 200, 200, 200},
		{`[{action: allow, include: everyone, exclude: {group: contractors}}]`, 302, 200, 403},
		{`[{action: allow, include: {email_domain: example.com}, require: [{group: staff}, {amr: pwd}]}]`, 302, 200, 403},
		{`[{action: allow, include: everyone, require: {ip: ` + elsewhere + `}}]`, 403, 403, 403},
		{`[{action: allow, include: {group: staff}, require: {method: POST}}]`, 403, 403, 403},
		{`[{action: bypass, include: {method: GET}, require: {ip: ` + here + `}}]`, 200, 200, 200},
		{`[{action: deny, include: everyone, exclude: {group: staff}}, {allow: everyone}]`, 302, 200, 403},
		{`[{allow: {email: ANA.kovacs@EXAMPLE.com}}]`, 302, 200, 403},
		{`[{allow: {email_domain: com}}]`, 302, 403, 403},
		{`[{allow: {provider: ping}}]`, 302, 200, 200},
		{`[{allow: {claim: {path: env, exists: true}}}]`, 302, 200, 200},
		{`[{allow: {claim: {path: nothing.here, exists: false}}}]`, 302, 200, 200},
		{`[{allow: {claim: {path: preferred_username, matches: "ana[.].*"}}}]`, 302, 200, 403},
		{`[{allow: {claim: {path: preferred_username, matches: "ana"}}}]`, 302, 403, 403},
		{`[{allow: {claim: {path: groups, has: contractors}}}]`, 302, 403, 200},
		{`[{allow: {claim: {path: groups, in: [contractors, x]}}}]`, 302, 403, 200},
		{`[{allow: {expr: '"staff" in user.groups && user.email_verified'}}]`, 302, 200, 403},
		{`[{allow: {expr: 'claims.preferred_username.startsWith("cleo")'}}]`, 302, 403, 200},
		{`[{allow: {expr: 'claims.not_there == 1'}}]`, 302, 403, 403},
		{`[{deny: {expr: 'claims.not_there == 1'}}, {allow: everyone}]`, 302, 403, 403},
		{`[{bypass: {expr: 'request.path.endsWith("/x") && request.ip.startsWith("127.")'}}]`, 200, 200, 200},
		{`[{deny: everyone, shadow: true}, {allow: {group: staff}}]`, 302, 200, 403},
		{`[{bypass: everyone, shadow: true}, {allow: {group: staff}}]`, 302, 200, 403},
		{`[{service_auth: everyone}]`, 401, 403, 403},
		{`[{service_auth: {group: staff}}]`, 401, 403, 403},
		{`[{service_auth: everyone}, {allow: {group: staff}}]`, 302, 200, 403},
		{`[{service_auth: everyone}, {deny: everyone}]`, 403, 403, 403},
		{`[{service_auth: everyone}, {bypass: everyone}]`, 200, 200, 200},
	}
	var file strings.Builder
	file.WriteString(onLoopback + oneKey + fromPing + "routes:\n")
	for i, r := range rules {
		file.WriteString("  - {from: \"https://app.example.test/" + name(i) + "\", to: \"${APP}\", policy: " + r.policy + "}\n")
	}
	h := start(t, file.String())
	visitors := []*browser{h.browser(), h.visitor("ana.kovacs"), h.visitor("cleo.marsh")}
	for i, r := range rules {
		for j, want := range []int{r.anonymous, r.ana, r.cleo} {
			a := visitors[j].once(home + "/" + name(i) + "/x")
			if reached := len(h.app.take()); a.StatusCode != want || reached != 0 && want != 200 {
				t.Errorf("%s: caller %d gets %d, want %d", r.policy, j, a.StatusCode, want)
			}
		}
	}
}

func name(i int) string { return "r" + string(rune('a'+i/26)) + string(rune('a'+i%26)) }

// TestShadowRulesAreLoggedAndCounted and decide nothing.
func TestShadowRulesAreLoggedAndCounted(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(simple, "policy: [{allow: {group: staff}}]",
		"policy: [{name: no reports, deny: {path: /reports}, shadow: true}, {allow: {group: staff}}]", 1))
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/reports/1", "").fromApp()
	line := h.log.last(t, "request", func(r map[string]any) bool { return r["path"] == "/reports/1" })
	if line["shadow"] != "no reports" || line["decision"] != "allow" {
		t.Errorf("the line is %v", line)
	}
	b.fetch("GET", home+"/x", "").fromApp()
	if line := h.log.last(t, "request", func(r map[string]any) bool { return r["path"] == "/x" }); line["shadow"] != nil {
		t.Errorf("the line is %v", line)
	}
	if got := h.admin("/metrics").text; !strings.Contains(got, `gatehouse_shadow_matches_total{action="deny",route="`) {
		t.Errorf("no count of the shadow rule")
	}
}

// visitor signs somebody in on a host without a page for everybody.
func (h *house) visitor(user string) *browser {
	h.idp.AutoLogin(user)
	b := h.browser()
	b.once(b.until(home+"/.auth/callback/", home+"/.auth/login?rd=/.auth/").String()).wants(http.StatusSeeOther)
	if b.me() == nil {
		h.t.Fatalf("%s is not signed in", user)
	}
	return b
}

// TestDeniedPeopleLearnWhoTheyAre: a page for people, JSON for programs; which
// rule denied goes to the log alone.
func TestDeniedPeopleLearnWhoTheyAre(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	page := b.once(home + "/admin/x?y=z").wants(http.StatusForbidden).noCookie()
	page.says("ana.kovacs@example.com").says("Switch account").says("/.auth/")
	if strings.Contains(page.text, "administrators") {
		t.Errorf("the page names the rule:\n%s", page.gist())
	}
	body := b.fetch("POST", home+"/admin/x", "{}").wants(http.StatusForbidden).json()
	if body["error"] != "forbidden" || body["reason"] == "" || body["request_id"] == "" || len(body) != 3 {
		t.Errorf("the body is %v", body)
	}
	h.app.untouched(t)
	h.log.last(t, "audit", func(r map[string]any) bool {
		return r["event"] == "denied" && r["email"] == "ana.kovacs@example.com" && r["route"] == "admin" && r["request_id"] == body["request_id"]
	})
	anonymous := start(t, strings.Replace(simple, "policy: [{allow: {group: staff}}]", "policy: [{deny: everyone}]", 1))
	if a := anonymous.browser().once(home + "/x").wants(http.StatusForbidden).noCookie(); strings.Contains(a.text, "signed in as") {
		t.Errorf("an anonymous caller is told\n%s", a.gist())
	}
}

// TestEveryRequestIsAuthorised: a session that may open one path may not open
// another for having been there.
func TestEveryRequestIsAuthorised(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	ana, ben := h.signIn("ana.kovacs"), h.signIn("ben.osei")
	for range 3 {
		ana.fetch("GET", home+"/x", "").fromApp()
		ana.fetch("GET", home+"/admin", "").wants(http.StatusForbidden)
		ben.fetch("GET", home+"/admin", "").fromApp()
	}
	for _, r := range h.app.take() {
		if r.Target == "/admin" && r.Header.Get("X-Forwarded-User") != "5b2e91d4-7c60-4f3a-8d15-90e4b7a1c622" {
			t.Errorf("%s reached /admin", r.Header.Get("X-Forwarded-User"))
		}
	}
}
