package attack

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestIntrospection [RFC 7662]: the provider's word, whole and in time, or no
// entrance.
func TestIntrospection(t *testing.T) {
	a := begin(t, "bearer")
	var mu sync.Mutex // guards answer
	var answer http.HandlerFunc
	endpoint := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		do := answer
		mu.Unlock()
		do(w, r)
	}))
	t.Cleanup(endpoint.Close)
	w := openWith(t, onLoopback+`
bearer: {name: opaque, provider: rogue, introspect: true, audiences: [api]}
providers:`+strings.TrimRight(liar, "\n")+`
    endpoints: {introspection: "${INTROSPECTION}"}
routes:
  - {name: jwt, from: "https://app.example.test", to: "${APP}", bearer: opaque, policy: [{service_auth: {bearer: opaque}}]}
`, map[string]string{"INTROSPECTION": endpoint.URL})
	now := w.clock.now().Unix()
	says := func(claims object) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(over(object{"active": true, "iss": "", "aud": "api", "sub": robot, "exp": now + 300}, claims))
		}
	}
	raw := func(status int, kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	const js = "application/json"
	plain := object{"iss": nil}
	with := func(more object) object {
		all := maps.Clone(plain)
		maps.Copy(all, more)
		return all
	}
	for i, c := range []struct {
		name   string
		want   verdict // refuse also stands for 503
		answer http.HandlerFunc
	}{
		{"benign", pass, says(plain)},
		{"benign: the issuer", pass, says(object{"iss": w.rogue.Issuer()})},
		{"benign: audiences", pass, says(with(object{"aud": []string{"x", "api"}}))},
		{"inactive", noToken, says(object{"active": false})},
		{"inactive, and nothing else", noToken, raw(200, js, `{"active":false}`)},
		{"active missing", refuse, says(with(object{"active": nil}))},
		{"active as a word", refuse, says(with(object{"active": "true"}))},
		{"active as a number", refuse, says(with(object{"active": 1}))},
		{"active null", refuse, says(with(object{"active": json.RawMessage("null")}))},
		{"active in a list", refuse, says(with(object{"active": []bool{true}}))},
		{"Active", refuse, says(with(object{"active": nil, "Active": true}))},
		{"active twice", refuse, raw(200, js, `{"active":false,"active":true,"aud":"api","sub":"robot","exp":99999999999}`)},
		{"aud twice", refuse, raw(200, js, `{"active":true,"aud":"other","aud":"api","sub":"robot","exp":99999999999}`)},
		{"another audience", noToken, says(with(object{"aud": "other"}))},
		{"no audience", noToken, says(with(object{"aud": nil}))},
		{"audiences with a number", noToken, says(with(object{"aud": []any{1, "api"}}))},
		{"an audience as an object", noToken, says(with(object{"aud": object{"api": 1}}))},
		{"another issuer", noToken, says(object{"iss": "https://evil.example"})},
		{"an issuer that is a number", noToken, says(object{"iss": 7})},
		{"expired", noToken, says(with(object{"exp": now - 600}))},
		{"exp as a word", noToken, says(with(object{"exp": fmt.Sprint(now + 300)}))},
		{"not yet valid", noToken, says(with(object{"nbf": now + 600}))},
		{"sub a number", noToken, says(with(object{"sub": 7}))},
		{"a list", refuse, raw(200, js, `[{"active":true}]`)},
		{"true", refuse, raw(200, js, `true`)},
		{"null", refuse, raw(200, js, `null`)},
		{"nothing", refuse, raw(200, js, ``)},
		{"cut", refuse, raw(200, js, `{"active":true,"aud":"api","sub":"robot"`)},
		{"more behind", refuse, raw(200, js, `{"active":true,"aud":"api","sub":"robot","exp":99999999999}{}`)},
		{"a page", refuse, raw(200, "text/html", `<html>{"active":true}`)},
		{"a megabyte more", refuse, raw(200, js, `{"active":true,"aud":"api","sub":"robot","exp":99999999999,"x":"`+strings.Repeat("x", 2<<20)+`"}`)},
		{"400", refuse, raw(400, js, `{"active":true,"aud":"api","sub":"robot","exp":99999999999}`)},
		{"401", refuse, raw(401, js, `{"error":"invalid_client"}`)},
		{"403", refuse, raw(403, js, `{"active":true,"aud":"api","sub":"robot","exp":99999999999}`)},
		{"404", refuse, raw(404, js, ``)},
		{"500", refuse, raw(500, js, `{"active":true,"aud":"api","sub":"robot","exp":99999999999}`)},
		{"429", refuse, raw(429, js, ``)},
		{"sent elsewhere", refuse, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://localhost:1/"+forger, http.StatusTemporaryRedirect)
		}},
		{"hung up", refuse, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
	} {
		a.try("introspection: "+c.name, func(t *testing.T) {
			mu.Lock()
			answer = c.answer
			mu.Unlock()
			token := fmt.Sprintf("opaque-%d-%s", i, strings.Repeat("x", 20))
			w.plant(token)
			r := inTheClear.ask(w, t, request{target: "/x", fields: []string{"Authorization: Bearer " + token}})
			if c.want == refuse && r.status == http.StatusServiceUnavailable {
				w.app.untouched(t)
				return
			}
			w.machine(t, c.want, robot, r)
		})
	}
	a.try("introspection: asked once for one token", func(t *testing.T) {
		var asked []url.Values
		mu.Lock()
		answer = func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			mu.Lock()
			asked = append(asked, r.PostForm)
			mu.Unlock()
			says(object{"active": false})(w, r)
		}
		mu.Unlock()
		for range 5 {
			w.machine(t, noToken, robot, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Authorization: Bearer opaque&active=true&token=x"}}))
		}
		mu.Lock()
		defer mu.Unlock()
		for _, form := range asked {
			if len(form["token"]) != 1 || form.Get("active") != "" {
				t.Errorf("asked %v", form)
			}
		}
	})
	a.try("introspection: a token that ended", func(t *testing.T) {
		mu.Lock()
		answer = says(with(object{"exp": w.clock.now().Unix() + 30}))
		mu.Unlock()
		token := request{target: "/x", fields: []string{"Authorization: Bearer opaque-that-ends"}}
		w.machine(t, pass, robot, inTheClear.ask(w, t, token))
		w.clock.advance(10 * time.Minute)
		w.machine(t, noToken, robot, inTheClear.ask(w, t, token))
	})
}
