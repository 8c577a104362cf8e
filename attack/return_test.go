package attack

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// returning has a second origin, on another port, to which people may return.
const returning = simple + `  - {name: other, from: "https://app.example.test:8443", to: "${APP}", policy: [{allow: everyone}]}
  - {name: sibling, from: "https://sibling.example.test", to: "${APP}", policy: public}
`

// TestPeopleReturnToAConfiguredOrigin [CVE-2020-5233, CVE-2020-4037,
// CVE-2022-23527]: rd is checked as a browser would read it, at the sign-in, in
// the callback's redirect, and at the sign-out.
func TestPeopleReturnToAConfiguredOrigin(t *testing.T) {
	a := begin(t, "return")
	w := open(t, returning)
	for _, c := range []struct{ rd, want string }{
		// Benign, and restored byte for byte.
		{"/a?x=1&y=%2F", "/a?x=1&y=%2F"},
		{"/", "/"},
		{"/a%20b/c?", "/a%20b/c?"},
		{"/a?u=https://evil.example/&v=//x", "/a?u=https://evil.example/&v=//x"},
		{"/caf%C3%A9?q=%c3%a9;z", "/caf%C3%A9?q=%c3%a9;z"},
		{"/a?b=%5c%09%0d%0a", "/a?b=%5c%09%0d%0a"},
		{"/a@evil.example", "/a@evil.example"},
		{"/.evil.example", "/.evil.example"},
		{"/https://evil.example", "/https://evil.example"},
		{home + "/a?x=1", "/a?x=1"},
		{"HTTPS://APP.Example.Test/a", "/a"},
		{home + ":443/a", "/a"},
		{home + ":8443/a", home + ":8443/a"},
		{"https://sibling.example.test/a", "https://sibling.example.test/a"},
		// Other hosts.
		{"", "/"},
		{"//evil.example", "/"},
		{"///evil.example", "/"},
		{"////evil.example", "/"},
		{`/\evil.example`, "/"},
		{`\/evil.example`, "/"},
		{`\\evil.example`, "/"},
		{`/\/evil.example`, "/"},
		{`//\evil.example`, "/"},
		{"/\t/evil.example", "/"},
		{"/\n/evil.example", "/"},
		{"/\r/evil.example", "/"},
		{"/ /evil.example", "/"},
		{"\t//evil.example", "/"},
		{" //evil.example", "/"},
		{"\x00//evil.example", "/"},
		{"\x01https://evil.example", "/"},
		{"/%09/evil.example", "/"},
		{"/%0a/evil.example", "/"},
		{"/%5cevil.example", "/"},
		{"/%2fevil.example", "/"},
		{"/%2Fevil.example", "/"},
		{"/%252f%252fevil.example", "/%252f%252fevil.example"},
		{"/%255cevil.example", "/%255cevil.example"},
		{"/.//evil.example", "/"},
		{"/..//evil.example", "/"},
		{"/a/..//evil.example", "/"},
		{"/%2e%2e//evil.example", "/"},
		{"/;//evil.example", "/;//evil.example"},
		{"https://evil.example", "/"},
		{"https:evil.example", "/"},
		{"https:/evil.example", "/"},
		{"https:///evil.example", "/"},
		{`https:\\evil.example`, "/"},
		{`https:/\evil.example`, "/"},
		{"ht\ttps://evil.example", "/"},
		{"http://app.example.test/", "/"},
		{home + ".evil.example/", "/"},
		{home + "@evil.example/", "/"},
		{"https://app.example.test:x@evil.example/", "/"},
		{"https://x@app.example.test/", "/"},
		{"https://evil.example#app.example.test", "/"},
		{"https://evil.example?app.example.test", "/"},
		{`https://evil.example\app.example.test`, "/"},
		{`https://app.example.test\.evil.example`, "/"},
		{`https://app.example.test\@evil.example`, "/"},
		{"https://app.example.test%2eevil.example", "/"},
		{"https://app.example.test%40evil.example", "/"},
		{"https://app.example.test./", "/"},
		{"https://app.example.test:8444/", "/"},
		{"https://app.example.test:0443/", "/"},
		{"https://app.example.test:8443:443/", "/"},
		{"https://app.example.test:443:443/", "/"},
		{"https://app.example.test:/", "/"},
		{"https://evilapp.example.test/", "/"},
		{"https://example.test/", "/"},
		{"https://app\u3002example.test/", "/"},
		{"https://\uff41pp.example.test/", "/"},
		{"https://app.example.test%00.evil.example/", "/"},
		{"https://[app.example.test]/", "/"},
		// Other schemes.
		{"javascript:alert(1)", "/"},
		{"JaVaScRiPt:alert(1)", "/"},
		{"java\nscript:alert(1)", "/"},
		{"data:text/html,x", "/"},
		{"file:///etc/passwd", "/"},
		{"ftp://app.example.test/", "/"},
		{"wss://app.example.test/", "/"},
		{"blob:https://app.example.test/x", "/"},
		// New headers and lines.
		{"/%0d%0aSet-Cookie:x", "/"},
		{"/\r\nSet-Cookie: x=y", "/"},
		{"/a\r\n\r\n<script>", "/"},
		{"/\u0085", "/"},
		{"/\u2028", "/"},
		{"/%E5%98%8A%E5%98%8DSet-Cookie:x", "/%E5%98%8A%E5%98%8DSet-Cookie:x"}, // letters like any others
		{"/%00", "/"},
		{"/\xff", "/"},
		{"/\u00e9", "/"},
		// Back into the gateway: a return to the sign-out would undo the sign-in.
		{"/.auth/logout", "/"},
		{"/.auth/login?rd=/.auth/login", "/"},
		{"/.auth/callback/ping", "/"},
		{"/%2eauth/logout", "/"},
		{"/./.auth/logout", "/"},
		{"/x/../.auth/logout", "/"},
		{"/.auth/", "/.auth/"},
		{"/" + strings.Repeat("a", 4000), "/"},
		{"a", "/"},
		{"?a", "/"},
		{"#a", "/"},
		{"/#//evil.example", "/"},
		{".", "/"},
	} {
		a.try("sign-in "+c.rd, func(t *testing.T) {
			p := w.person(t)
			p.w.idp.AutoLogin("ana.kovacs")
			done := p.step(p.until(home+"/.auth/callback/", home+"/.auth/login?rd="+url.QueryEscape(c.rd)).String())
			leadsTo(t, done, c.want)
		})
		a.try("sign-out "+c.rd, func(t *testing.T) {
			p := w.signIn(t, "ana.kovacs")
			leadsTo(t, p.step(home+"/.auth/logout?local=1&rd="+url.QueryEscape(c.rd), "Sec-Fetch-Site: same-origin"), c.want)
		})
	}
	// rd twice, in a body, in other spellings: nobody is led by the second.
	for _, query := range []string{"rd=/a&rd=//evil.example", "rd=/a&RD=//evil.example", "rd=/a;rd=//evil.example", "rd=/a%26rd=//evil.example", "rd%00=//evil.example", "rd[]=//evil.example", "redirect=//evil.example"} {
		a.try("sign-in "+query, func(t *testing.T) {
			p := w.person(t)
			done := p.step(p.until(home+"/.auth/callback/", home+"/.auth/login?"+query).String())
			if to := done.header.Get("Location"); done.status != http.StatusSeeOther || strings.HasPrefix(to, "//") || !strings.HasPrefix(to, "/") {
				t.Errorf("%d to %q", done.status, to)
			}
		})
	}
	// The address that was asked for first comes back byte for byte.
	for _, target := range []string{"/a?x=1&y=%2F", "/", "/%61bc?a=1;b=2", "/a?u=https://evil.example/&v=//x", "/caf%C3%A9?q=%c3%a9", "/100%25?a=%00", "/a+b?c+d", "/" + strings.Repeat("long/", 300) + "?q=1"} {
		a.try("deep link "+target[:min(len(target), 40)], func(t *testing.T) {
			p := w.person(t)
			leadsTo(t, p.step(p.until(home+"/.auth/callback/", home+target).String()), target)
		})
	}
}

// leadsTo fails unless the answer is a 303 to exactly that address. The end of
// a sign-out may be a page of the gateway's own where there is no better one.
func leadsTo(t *testing.T, r reply, want string) {
	t.Helper()
	to := r.header.Get("Location")
	if r.status != http.StatusSeeOther || to != want && !(want == "/" && strings.HasSuffix(to, "/.auth/signed-out")) {
		t.Errorf("%d to %q, want 303 to %q", r.status, to, want)
	}
	if strings.ContainsAny(to, "\r\n\t\\") || r.header.Get("X") != "" {
		t.Errorf("a new line: %v", r.header)
	}
	for _, line := range r.header.Values("Set-Cookie") {
		if !strings.HasPrefix(line, "__Host-gatehouse") {
			t.Errorf("a new cookie: %s", line)
		}
	}
}
