package admin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/admin"
)

const token = "admin-token-4f9Zq1"

// door is a listener with one address of each access.
func door(t *testing.T, o admin.Options) http.Handler {
	t.Helper()
	says := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, text) }
	}
	o.Pages, o.Key, o.Cookie = admin.NewPages(), make([]byte, 32), "gatehouse"
	o.Addresses = []admin.Address{
		{Pattern: "GET /probe", Access: admin.Probe, Handle: says("probe")},
		{Pattern: "GET /read", Access: admin.Read, Handle: says("read")},
		{Pattern: "POST /read", Access: admin.Read, Handle: says("read by post")},
		{Pattern: "POST /change", Handle: says("change")}, // the zero Access locks most
	}
	return admin.New(o)
}

func ask(h http.Handler, method, target, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost:9180"+target, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		if r.Header.Set(header[i], header[i+1]); header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestEachRuleOfTheDoor: attacks, and beside each what must pass.
func TestEachRuleOfTheDoor(t *testing.T) {
	open := door(t, admin.Options{Write: true})
	reads := door(t, admin.Options{})
	locked := door(t, admin.Options{Token: token, Write: true, Hosts: []string{"ops.example.com"}})
	bearer := []string{"Authorization", "Bearer " + token}
	for _, c := range []struct {
		name           string
		h              http.Handler
		method, target string
		header         []string
		want           int
	}{
		{"probes need nothing", locked, "GET", "/probe", nil, 200},
		{"a rebound name", open, "GET", "/probe", []string{"Host", "evil.example:9180"}, 421},
		{"a rebound name with the token", locked, "GET", "/read", append(bearer, "Host", "evil.example"), 421},
		{"a listed name", locked, "GET", "/read", append(bearer, "Host", "OPS.example.com.:9180"), 200},
		{"no token", locked, "GET", "/read", nil, 401},
		{"the token in the query", locked, "GET", "/read?token=" + token, nil, 401},
		{"two tokens, one right", locked, "GET", "/read", []string{"Authorization", "Bearer x, Bearer " + token}, 401},
		{"the token", locked, "GET", "/read", bearer, 200},
		{"an invented cookie", locked, "GET", "/read", []string{"Cookie", "gatehouse-admin=" + strings.Repeat("A", 54)}, 401},
		{"a change without the token", locked, "POST", "/change", nil, 401},
		{"a change with the token", locked, "POST", "/change", bearer, 200},
		{"a change from curl on loopback", open, "POST", "/change", nil, 200},
		{"a change while write is off", reads, "POST", "/change", nil, 403},
		{"a read while write is off", reads, "GET", "/read", nil, 200},
		{"a change from our page", open, "POST", "/change", []string{"Origin", "http://localhost:9180", "Sec-Fetch-Site", "same-origin"}, 200},
		{"a change from another port", open, "POST", "/change", []string{"Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-site"}, 403},
		{"a change from another port in an old browser", open, "POST", "/change", []string{"Origin", "http://localhost:8080"}, 403},
		{"a change from nowhere", open, "POST", "/change", []string{"Origin", "null"}, 403},
		{"a change from another site with the token", locked, "POST", "/change", append(bearer, "Origin", "https://evil.example"), 403},
		{"a post that needs no write, from elsewhere", reads, "POST", "/read", []string{"Origin", "https://evil.example"}, 403},
		{"a post that needs no write, from nowhere", reads, "POST", "/read", []string{"Origin", "null"}, 403},
		{"a post that needs no write, from our page", reads, "POST", "/read", []string{"Origin", "http://localhost:9180"}, 200},
		{"a picture on another site", open, "GET", "/read", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"a link on another site", open, "GET", "/read", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"}, 200},
		{"an unknown address", open, "GET", "/x", nil, 404},
		{"another method", open, "GET", "/change", nil, 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			if w := ask(c.h, c.method, c.target, "", c.header...); w.Code != c.want {
				t.Errorf("%d %s, want %d", w.Code, w.Body, c.want)
			}
		})
	}
}

// TestTheFormTakesTheTokenOnce and gives a cookie that no script and no other
// site can use; a wrong token, a foreign page and a changed cookie get none.
func TestTheFormTakesTheTokenOnce(t *testing.T) {
	h := door(t, admin.Options{Token: token, Write: true})
	html := []string{"Accept", "text/html", "Sec-Fetch-Mode", "navigate"}
	w := ask(h, "GET", "/read", "", html...)
	if w.Code != 401 || !strings.Contains(w.Body.String(), `action="/sign-in"`) || !strings.Contains(w.Body.String(), `value="/read"`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for header, want := range map[string]string{"Content-Security-Policy": "frame-ancestors 'none'", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(header); !strings.Contains(got, want) || strings.Contains(got, "script") {
			t.Errorf("%s is %q", header, got)
		}
	}
	post := func(path, token, to string, header ...string) *httptest.ResponseRecorder {
		header = append([]string{"Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:9180"}, header...)
		return ask(h, "POST", path, url.Values{"token": {token}, "to": {to}}.Encode(), header...)
	}
	if w := post("/sign-in", "wrong", "/read"); w.Code != 401 || w.Header().Get("Set-Cookie") != "" || strings.Contains(w.Body.String(), "wrong\"") {
		t.Errorf("a wrong token: %d %v", w.Code, w.Header())
	}
	if w := post("/sign-in", token, "/read", "Origin", "https://evil.example"); w.Code != 403 || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("from a foreign page: %d %v", w.Code, w.Header())
	}
	for to, want := range map[string]string{"/read?a=b": "/read?a=b", "//evil.example": "/", `/\evil.example`: "/", "https://evil.example": "/", "/a\tb": "/"} {
		if w := post("/sign-in", token, to); w.Code != 303 || w.Header().Get("Location") != want {
			t.Errorf("to %q: %d %q", to, w.Code, w.Header().Get("Location"))
		}
	}
	given := post("/sign-in", token, "/read").Result().Cookies()[0]
	if !given.HttpOnly || given.SameSite != http.SameSiteStrictMode || given.Domain != "" || strings.Contains(given.Value, token) {
		t.Errorf("the cookie is %v", given)
	}
	if w := ask(h, "GET", "/read", "", "Cookie", given.Name+"="+given.Value); w.Code != 200 {
		t.Errorf("with the cookie: %d", w.Code)
	}
	if w := ask(h, "POST", "/change", "", "Cookie", given.Name+"="+given.Value, "Origin", "http://localhost:8080"); w.Code != 403 {
		t.Errorf("a change from another port with the cookie: %d", w.Code)
	}
	for i := range given.Value {
		changed := []byte(given.Value)
		changed[i] ^= 1
		if w := ask(h, "GET", "/read", "", "Cookie", given.Name+"="+string(changed)); w.Code != 401 {
			t.Fatalf("changed at %d: %d", i, w.Code)
		}
	}
	other := door(t, admin.Options{Token: token + "-new"})
	if w := ask(other, "GET", "/read", "", "Cookie", given.Name+"="+given.Value); w.Code != 401 {
		t.Errorf("after the token changed: %d", w.Code)
	}
	if c := post("/sign-out", "", "").Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("sign-out sets %v", c)
	}
}
