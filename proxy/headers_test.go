package proxy

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

func compileHeaders(t testing.TB, global, route []HeaderRule) *HeaderPlan {
	t.Helper()
	p, err := CompileHeaders(global, route)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestForgedHeadersAreRemovedInEverySpelling(t *testing.T) {
	plan := compileHeaders(t, []HeaderRule{{Name: "X-Employee-Id", Claim: "employee.id"}}, []HeaderRule{{Name: "X_Team.Name", Value: "blue"}})
	s := NewScrubber(plan.Names()...)
	for _, name := range []string{
		"X-Forwarded-Email", "x-forwarded-email", "X-FORWARDED-EMAIL", "X_Forwarded_Email", "X.Forwarded.Email",
		"x-forwarded_email", "X_FORWARDED-EMAIL", "X~Forwarded!Email", "X+Forwarded+Email", "X-Forwarded", "X-Forwarded-", "X-Forwarded-Anything-New",
		"X-Forwarded-For", "X_Forwarded_For", "X-Forwarded-Uri", "X-Forwarded-Client-Cert", "X-Forwarded-Ssl",
		"Forwarded", "FORWARDED", "X-Real-Ip", "X-Real-IP", "X_Real_IP", "X.Real.IP", "True-Client-Ip", "True_Client_IP",
		"X-Auth-Request-User", "X_Auth_Request_Email", "Remote-User", "remote_user", "Remote.User", "Remote-Groups", "Remote-Email",
		"X-Original-Url", "X_Original_URL", "X-Original-Host", "X-Rewrite-Url", "X_Rewrite_URL",
		"X-Http-Method-Override", "X-HTTP-Method-Override", "X_HTTP_Method_Override", "X-Http-Method", "X-Method-Override",
		"Cf-Access-Jwt-Assertion", "CF-Access-Client-Id", "Cf_Access_Authenticated_User_Email",
		"X-Gatehouse-Provider", "X_Gatehouse_Assertion", "X-Gatehouse-Token", "x.gatehouse.token",
		"X-Remote-User", "X-Remote-Extra-Scopes", "X-Client-Ip", "Client-Ip", "X-Cluster-Client-Ip", "Cf-Connecting-Ip",
		"Proxy", "PROXY", "X-Accel-Redirect", "X_Accel_Mapping", "X-Sendfile-Type", "X-Request-Id", "X_Request_Id",
		"Client-Cert", "Client-Cert-Chain", "X-Amzn-Oidc-Identity", "X-Goog-Authenticated-User-Email", "X-Webauth-User",
		"X-Employee-Id", "X_Employee_ID", "x.employee.id", "X-Team-Name", "X_Team.Name",
		"X-Forwarded-" + strings.Repeat("a", 4096),
	} {
		for _, key := range []string{name, textproto.CanonicalMIMEHeaderKey(name)} {
			h := http.Header{key: {"forged", "twice"}, "Accept": {"*/*"}}
			scrub(s, h)
			if _, found := h[key]; found {
				t.Errorf("%s passed", key)
			}
			if len(h) != 1 {
				t.Errorf("%s took Accept with it", key)
			}
		}
	}
}

func TestHarmlessHeadersPass(t *testing.T) {
	s := NewScrubber("X-Employee-Id")
	h := http.Header{}
	for _, name := range []string{
		"Accept", "Authorization", "Cookie", "User-Agent", "Range", "If-None-Match", "Origin", "Referer",
		"Sec-Fetch-Mode", "Sec-Websocket-Key", "X-Requested-With", "X-Csrf-Token", "X-Api-Key", "X-Employee",
		"X-Employee-Ids", "X-Forwardedness", "X-Originality", "X-Real-Ipod", "Forwardedness", "Traceparent",
		"X-Amzn-Trace-Id", "X-Goog-Api-Client", "Proxying", "Cf-Ray", "X-Requests-Id", "Destination", "Depth",
		"X" + strings.Repeat("y", 200),
	} {
		h.Set(name, "kept")
	}
	want := h.Clone()
	scrub(s, h)
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("lost headers (-want +got):\n%s", diff)
	}
}

func TestScrubbingAllocatesNothing(t *testing.T) {
	s := NewScrubber(compileHeaders(t, nil, nil).Names()...)
	h := browserHeader()
	if n := testing.AllocsPerRun(100, func() { scrub(s, h) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzScrubber(f *testing.F) {
	for _, name := range []string{"X-Forwarded-Email", "x_real.ip", "X-Employee_Id", "Accept", "", "X", "\x00", "X-Forwarded\xff"} {
		f.Add(name)
	}
	s := NewScrubber("X-Employee-Id")
	f.Fuzz(func(t *testing.T, name string) {
		h := http.Header{name: {"v"}}
		scrub(s, h)
		_, passed := h[name]
		// What a CGI program would find in its environment decides.
		variable := strings.Map(func(r rune) rune {
			if 'a' <= r && r <= 'z' {
				return r - 'a' + 'A'
			}
			if 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' {
				return r
			}
			return '_'
		}, name)
		for _, bad := range []string{"X_REAL_IP", "X_EMPLOYEE_ID", "REMOTE_USER", "FORWARDED", "PROXY"} {
			if passed && variable == bad {
				t.Errorf("%q passed and is %s", name, variable)
			}
		}
		for _, bad := range []string{"X_FORWARDED_", "X_GATEHOUSE_", "CF_ACCESS_", "X_AUTH_REQUEST_", "X_ORIGINAL_"} {
			if passed && strings.HasPrefix(variable, bad) {
				t.Errorf("%q passed and is %s", name, variable)
			}
		}
	})
}

// alice is what a provider said about somebody.
func alice() *identity.Identity {
	return &identity.Identity{
		Provider: "ping", Issuer: "https://idp.example.com", Subject: "a1", Email: "alice@example.com", EmailVerified: true,
		Name: "Alice Ångström", Username: "alice", Groups: []string{"staff", "wiki, editors", "50%"}, ACR: "mfa", AMR: []string{"pwd", "otp"},
		Claims: identity.Claims{
			"sub": "raw", "email": "raw@example.com", "groups": []any{"raw"},
			"employee": map[string]any{"id": "0042"},
			"teams":    []any{"a;b", "c", true},
		},
	}
}

func TestDefaultHeadersSayWhoCalls(t *testing.T) {
	h := http.Header{}
	if omitted := compileHeaders(t, nil, nil).Apply(h, alice()); omitted != nil {
		t.Errorf("omitted %v", omitted)
	}
	want := http.Header{
		"X-Forwarded-User":               {"a1"},
		"X-Forwarded-Email":              {"alice@example.com"},
		"X-Forwarded-Preferred-Username": {"alice"},
		"X-Forwarded-Groups":             {"staff,wiki%2C editors,50%25"},
		"X-Gatehouse-Provider":           {"ping"},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestAbsentClaimLeavesItsHeaderAbsent(t *testing.T) {
	p := compileHeaders(t, nil, []HeaderRule{{Name: "X-Team", Claim: "team"}, {Name: "X-Empty", Claim: "none"}})
	h := http.Header{}
	id := &identity.Identity{Subject: "a1", Claims: identity.Claims{"none": []any{}, "team": nil, "email": "raw@example.com"}}
	if omitted := p.Apply(h, id); omitted != nil {
		t.Errorf("an absent claim was reported: %v", omitted)
	}
	if diff := cmp.Diff(http.Header{"X-Forwarded-User": {"a1"}}, h); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestNobodyGetsFixedHeadersOnly(t *testing.T) {
	p := compileHeaders(t, []HeaderRule{{Name: "X-Api-Key", Value: "k"}}, nil)
	h := http.Header{}
	p.Apply(h, nil)
	if diff := cmp.Diff(http.Header{"X-Api-Key": {"k"}}, h); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
}

func TestRouteRulesGoOverGlobalOnes(t *testing.T) {
	global := []HeaderRule{
		{Name: "X-Env", Value: "global"}, {Name: "X-Name", Claim: "name"}, {Name: "x-forwarded-email", Remove: true},
		{Name: "X-Gone", Value: "v"},
	}
	route := []HeaderRule{
		{Name: "x_env", Value: "route"}, {Name: "X-Forwarded-User", Claim: "employee.id"}, {Name: "X-Forwarded-Groups", Remove: true},
		{Name: "X-Teams", Claim: "teams", Join: ";"}, {Name: "X-Gone", Remove: true}, {Name: "Authorization", Value: "Basic eA=="},
	}
	p := compileHeaders(t, global, route)
	h := http.Header{}
	p.Apply(h, alice())
	want := http.Header{
		"X_env":                          {"route"},
		"X-Name":                         {"Alice Ångström"},
		"X-Forwarded-User":               {"0042"},
		"X-Forwarded-Preferred-Username": {"alice"},
		"X-Gatehouse-Provider":           {"ping"},
		"X-Teams":                        {"a%3Bb;c;true"},
		"Authorization":                  {"Basic eA=="},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	for _, name := range []string{"X-Gone", "X-Forwarded-Email", "X-Forwarded-Groups", "Authorization"} {
		if !slices.Contains(p.Names(), name) {
			t.Errorf("%s is not among the names that clients may not send", name)
		}
	}
}

func TestMappedNamesAreNeverRawClaims(t *testing.T) {
	id := alice()
	for claim, want := range map[string]string{
		"sub": "a1", "iss": "https://idp.example.com", "email": "alice@example.com", "email_verified": "true", "username": "alice",
		"name": "Alice Ångström", "provider": "ping", "acr": "mfa", "amr": "pwd,otp", "groups": "staff,wiki%2C editors,50%25",
	} {
		h := http.Header{}
		compileHeaders(t, nil, []HeaderRule{{Name: "X-Got", Claim: claim}}).Apply(h, id)
		if got := h.Get("X-Got"); got != want {
			t.Errorf("%s = %q, want %q", claim, got, want)
		}
	}
}

func TestValuesThatCannotBeSentAreLeftOutAndReported(t *testing.T) {
	for _, tt := range []struct {
		name  string
		claim any
		want  string // "" is left out
	}{
		{"line feed", "a\nX-Forwarded-User: admin", ""},
		{"carriage return", "a\r", ""},
		{"NUL", "a\x00b", ""},
		{"tab", "a\tb", ""},
		{"DEL", "a\x7f", ""},
		{"C1", "a\u0085b", ""},
		{"invalid UTF-8", "a\xff", ""},
		{"leading space", " admin", ""},
		{"trailing space", "admin ", ""},
		{"too long", strings.Repeat("a", 16<<10+1), ""},
		{"an object", map[string]any{"a": "b"}, ""},
		{"5,000 groups", slices.Repeat([]any{"group"}, 5000), ""},

		{"longest", strings.Repeat("a", 16<<10), strings.Repeat("a", 16<<10)},
		{"non-ASCII", "Zoë 王", "Zoë 王"},
		{"a percent sign outside of a list", "50%, more", "50%, more"},
		{"a number", true, "true"},
		{"a list with controls", []any{"a\r\nb", "c\u0085", "\x7f"}, "a%0D%0Ab,c%C2%85,%7F"},
		{"a list with an injected joiner", []any{"a,admin"}, "a%2Cadmin"},
		{"a list with spaces around", []any{" admin", "b ", "c d", " "}, "%20admin,b%20,c d,%20"},
		{"a list with an empty member", []any{"", "a", ""}, "a"},
		{"a list with invalid UTF-8", []any{"a\xffb"}, "a%FFb"},
		{"a list with an encoded joiner", []any{"a%2Cb"}, "a%252Cb"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := compileHeaders(t, nil, []HeaderRule{{Name: "X-Got", Claim: "c"}})
			h := http.Header{}
			omitted := p.Apply(h, &identity.Identity{Subject: "s", Claims: identity.Claims{"c": tt.claim}})
			if got := h.Get("X-Got"); got != tt.want {
				t.Errorf("value = %.40q, want %.40q", got, tt.want)
			}
			if reported := slices.Contains(omitted, "X-Got"); reported != (tt.want == "") {
				t.Errorf("reported = %v", reported)
			}
			if h.Get("X-Forwarded-User") != "s" {
				t.Error("the other headers are gone")
			}
		})
	}
}

func TestJoinersCannotBeInjected(t *testing.T) {
	for _, tt := range []struct {
		join  string
		claim any
		want  string
	}{
		{";", []any{"a;b", "c,d"}, "a%3Bb;c,d"},
		{", ", []any{"a, b", "c"}, "a%2C b, c"},
		{"|", []any{"a|b", "c"}, "a%7Cb|c"},
		{" ", []any{"a b", "c"}, "a%20b c"},
		{"--", []any{"a-", "-b"}, "a%2D--%2Db"},
		{";", "a;b", "a%3Bb"}, // a list of one that came as a string
	} {
		h := http.Header{}
		compileHeaders(t, nil, []HeaderRule{{Name: "X-Got", Claim: "c", Join: tt.join}}).
			Apply(h, &identity.Identity{Claims: identity.Claims{"c": tt.claim}})
		if got := h.Get("X-Got"); got != tt.want {
			t.Errorf("join %q of %q = %q, want %q", tt.join, tt.claim, got, tt.want)
		}
	}
}

func TestBadRulesAreRefused(t *testing.T) {
	for name, rules := range map[string][]HeaderRule{
		"no name":            {{Claim: "sub"}},
		"name with a space":  {{Name: "X A", Claim: "sub"}},
		"name with a break":  {{Name: "X-A\r\nX-B", Claim: "sub"}},
		"nothing to set":     {{Name: "X-A"}},
		"claim and value":    {{Name: "X-A", Claim: "sub", Value: "secret"}},
		"removed and set":    {{Name: "X-A", Value: "secret", Remove: true}},
		"control in value":   {{Name: "X-A", Value: "secret\n"}},
		"twice":              {{Name: "X-A", Value: "secret"}, {Name: "x_a", Value: "secret"}},
		"joiner is a letter": {{Name: "X-A", Claim: "groups", Join: "a"}},
		"joiner is %":        {{Name: "X-A", Claim: "groups", Join: "%"}},
		"joiner is a break":  {{Name: "X-A", Claim: "groups", Join: "\n"}},
		"joiner not ASCII":   {{Name: "X-A", Claim: "groups", Join: "·"}},
		"framing":            {{Name: "Transfer-Encoding", Value: "secret"}},
		"connection":         {{Name: "connection", Remove: true}},
		"forwarded for":      {{Name: "X_Forwarded_For", Remove: true}},
		"cookie":             {{Name: "Cookie", Value: "secret"}},
	} {
		_, err := CompileHeaders(nil, rules)
		if err == nil {
			t.Errorf("%s: accepted", name)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the value is in %q", name, err)
		}
	}
}

func TestRenderedHeadersAreSharedSafely(t *testing.T) {
	r := compileHeaders(t, nil, nil).Render(alice())
	a, b := http.Header{}, http.Header{}
	r.Apply(a)
	a.Add("X-Forwarded-User", "someone")
	r.Apply(b)
	if got := b["X-Forwarded-User"]; len(got) != 1 || got[0] != "a1" {
		t.Errorf("another request's header came through: %q", got)
	}
	if n := testing.AllocsPerRun(100, func() { r.Apply(b) }); n != 0 {
		t.Errorf("Apply makes %v allocations", n)
	}
}

// What a header's reader splits must be what the provider said, and whatever
// it said must not make a header that HTTP cannot carry.
func FuzzJoinedValue(f *testing.F) {
	f.Add("a", "b", ",")
	f.Add("a,b", "%2C", ";")
	f.Add(" ", "\r\n", ", ")
	f.Add("\xff", "\u0085", "--")
	f.Fuzz(func(t *testing.T, a, b, join string) {
		rule := HeaderRule{Name: "X-A", Claim: "c", Join: join}
		if rule.check() != nil {
			t.Skip()
		}
		value, ok := rule.render([]string{a, b})
		if !ok {
			return
		}
		if value != "" && (!sendable(value) || len(value) > maxHeaderValue) {
			t.Fatalf("%q cannot be sent", value)
		}
		if join == "" {
			join = ","
		}
		var got []string
		if value != "" {
			got = strings.Split(value, join)
		}
		var want []string
		for _, member := range []string{a, b} {
			if member != "" {
				want = append(want, member)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("%q has %d members, want %d", value, len(got), len(want))
		}
		for i := range got {
			if decoded := decodePercent(got[i]); decoded != want[i] {
				t.Errorf("member %d is %q, want %q", i, decoded, want[i])
			}
			if !utf8.ValidString(got[i]) {
				t.Errorf("member %d is not UTF-8", i)
			}
		}
	})
}

func decodePercent(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			b.WriteByte(unhex(s[i+1])<<4 | unhex(s[i+2]))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) byte { return byte(strings.IndexByte("0123456789ABCDEF", c)) }

// net/http is the first line: names that are no tokens never get here.
func TestServerRefusesNamesThatAreNoTokens(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("served") }))
	defer s.Close()
	for _, line := range []string{"X Forwarded Email: a", "X-Forwarded-Email : a", "X-Forwarded\x00-Email: a", "X-F\xc3\xb6rwarded: a", "X-Forwarded\tEmail: a", ": a"} {
		got := rawRequest(t, s.Listener.Addr().String(), "GET / HTTP/1.1\r\nHost: a\r\n"+line+"\r\nConnection: close\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 400") {
			t.Errorf("%q: %.40q", line, got)
		}
	}
}

func browserHeader() http.Header {
	return maps.Clone(http.Header{
		"Accept":                    {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		"Accept-Encoding":           {"gzip, deflate, br, zstd"},
		"Accept-Language":           {"en-GB,en;q=0.5"},
		"Cookie":                    {"theme=dark; sid=abcdef"},
		"Referer":                   {"https://wiki.example.com/"},
		"Sec-Fetch-Dest":            {"document"},
		"Sec-Fetch-Mode":            {"navigate"},
		"Sec-Fetch-Site":            {"same-origin"},
		"Sec-Fetch-User":            {"?1"},
		"Upgrade-Insecure-Requests": {"1"},
		"User-Agent":                {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
		"X-Requested-With":          {"XMLHttpRequest"},
	})
}

func BenchmarkScrub(b *testing.B) {
	plan, _ := CompileHeaders(nil, nil)
	s := NewScrubber(plan.Names()...)
	h := browserHeader()
	b.ReportAllocs()
	for b.Loop() {
		scrub(s, h)
	}
}

func BenchmarkRender(b *testing.B) {
	plan, _ := CompileHeaders(nil, nil)
	id := alice()
	b.ReportAllocs()
	for b.Loop() {
		plan.Render(id)
	}
}

// scrub removes what s matches from h.
func scrub(s *Scrubber, h http.Header) {
	maps.DeleteFunc(h, func(name string, _ []string) bool { return s.matches(name) })
}

// kept keeps every cookie.
func kept(lines []string) []string { return lines }
