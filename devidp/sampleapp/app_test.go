package sampleapp_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/devidp/sampleapp"
)

func ask(t *testing.T, target string, header http.Header) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, target, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	sampleapp.New(sampleapp.Options{}).ServeHTTP(w, r)
	return w
}

func signedIn() http.Header {
	h := http.Header{}
	h.Set("X-Forwarded-User", "0c7a5f0e")
	h.Set("X-Forwarded-Email", "ana.kovacs@example.com")
	h.Set("X-Forwarded-Preferred-Username", "ana.kovacs")
	h.Set("X-Forwarded-Groups", "staff,R&D%2C Berlin,50%25 time")
	h.Set("X-Gatehouse-Provider", "devidp")
	h.Set("X-Gatehouse-Assertion", jwt(`{"alg":"ES256","kid":"k"}`, `{"iss":"https://app.example.com","sub":"0c7a5f0e"}`))
	h.Set("X-Request-Id", "r-1")
	return h
}

func jwt(header, payload string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2ln"
}

func TestPageExplainsEveryHeaderThatCame(t *testing.T) {
	body := ask(t, "/staff/list?a=b", signedIn()).Body.String()
	for _, want := range []string{
		"<title>Staff · Sample application</title>", `<h1>ana.kovacs</h1>`, "GET /staff/list?a=b HTTP/1.1",
		"make this, together with the provider, the key of your user table",
		"R&amp;D, Berlin", "50% time", "split first, then decode",
		"&#34;alg&#34;: &#34;ES256&#34;", "who made the token", "/.auth/jwks.json", "/.auth/logout",
		"The name of this request in the gateway", `href="/admin/"`, `href="/staff/" aria-current="page"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageForNobodyOffersASignInThatComesBack(t *testing.T) {
	body := ask(t, "/?q=1", http.Header{}).Body.String()
	for _, want := range []string{"nobody in particular", "/.auth/login?rd=%2F%3Fq%3D1", "Nobody is signed in"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestPageSaysWhatIsAbsent(t *testing.T) {
	h := signedIn()
	h.Del("X-Forwarded-Email")
	if body := ask(t, "/", h).Body.String(); !strings.Contains(body, "The provider gave no address.") {
		t.Error("the page is silent about the missing address")
	}
}

func TestPageEscapesWhatClientsSend(t *testing.T) {
	const script = `"><script>alert(1)</script>`
	h := http.Header{"X-Forwarded-User": {script}, "X-Forwarded-Groups": {script}, "X-" + "Custom": {script}, "User-Agent": {script}}
	h.Set("X-Gatehouse-Assertion", jwt(`{"alg":"<script>"}`, `{"name":"<script>alert(1)</script>"}`))
	w := ask(t, "/staff/?"+strings.ReplaceAll(script, " ", ""), h)
	if strings.Contains(w.Body.String(), "<script") {
		t.Error("markup of a client reached the page")
	}
	policy := w.Header().Get("Content-Security-Policy")
	if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %q", policy)
	}
}

func TestAssertionThatIsNoneIsSaid(t *testing.T) {
	for _, token := range []string{"x", "a.b", "!.!.!", jwt("{", "{}"), jwt("{}", "\xff")} {
		h := http.Header{"X-Gatehouse-Assertion": {token}}
		if body := ask(t, "/", h).Body.String(); !strings.Contains(body, "This is not a") {
			t.Errorf("%q passes for a token", token)
		}
	}
}

func TestJSONForThoseWhoAsk(t *testing.T) {
	h := signedIn()
	h.Set("Accept", "application/json")
	w := ask(t, "/api?x=1", h)
	var got struct {
		Method, Path string
		User         map[string]any
		Headers      http.Header
		Assertion    map[string]map[string]any
	}
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"subject": "0c7a5f0e", "email": "ana.kovacs@example.com", "username": "ana.kovacs", "provider": "devidp",
		"groups": []any{"staff", "R&D, Berlin", "50% time"},
	}
	if diff := cmp.Diff(want, got.User); diff != "" {
		t.Errorf("user (-want +got):\n%s", diff)
	}
	if got.Method != "GET" || got.Path != "/api?x=1" || got.Headers.Get("X-Request-Id") != "r-1" || got.Assertion["header"]["alg"] != "ES256" {
		t.Errorf("got %+v", got)
	}
}

func TestEventsStreamAndEnd(t *testing.T) {
	srv := httptest.NewServer(sampleapp.New(sampleapp.Options{Tick: time.Microsecond}))
	defer srv.Close()
	res, err := http.Get(srv.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	events := 0
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "data: tick") {
			events++
		}
	}
	if events != 60 || res.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("%d events of %s", events, res.Header.Get("Content-Type"))
	}
}
