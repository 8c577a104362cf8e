package e2e

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestBrowserPostsTheAnswer: a provider on another site posts its answer. The
// browser sends the attempt's cookie along and not the session's, and people
// end where they wanted to be, the second time too.
func TestBrowserPostsTheAnswer(t *testing.T) {
	idp := newPoster(t)
	port := freePorts(t, 1)[0]
	base := "http://localhost:" + port // another site than 127.0.0.1, where the provider is
	behind := newApp(t)
	serve(t, fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}}
session: {keys: ["${GATEHOUSE_KEY}"]}
providers:
  - {name: poster, type: oidc, issuer: %q, client_id: gatehouse, client_secret: only for the tests, response_mode: form_post}
routes:
  - {from: %q, to: %q, policy: [{allow: everyone}]}
`, port, idp.URL, base, behind.URL), base, http.DefaultClient)

	b := openTab(t, browser(t), chromedp.WithNewBrowserContext())
	for _, address := range []string{"/deep?x=1", "/.auth/login?prompt=login&rd=%2Fdeep%3Fx%3D2"} {
		b.visit(base + address)
		want := base + "/deep?x=1"
		if address != "/deep?x=1" {
			want = base + "/deep?x=2"
		}
		for deadline := time.Now().Add(patience); b.location() != want; time.Sleep(20 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%s ended at %s: %s", address, b.location(), b.text("body"))
			}
		}
		behind.got(t, map[string]string{"X-Forwarded-User": "ada", "X-Gatehouse-Provider": "poster", "Cookie": ""})
	}
}

// newPoster is a provider that answers by a form which posts itself.
func newPoster(t *testing.T) *httptest.Server {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	var nonces sync.Map // by code
	form := template.Must(template.New("").Parse(`<!doctype html><title>One moment</title><body onload="document.forms[0].submit()">
<form method="post" action="{{.To}}"><input name="state" value="{{.State}}"><input name="code" value="{{.Code}}"></form>`))
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	answer := func(w http.ResponseWriter, v any) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{
			"issuer": srv.URL, "authorization_endpoint": srv.URL + "/authorize", "token_endpoint": srv.URL + "/token", "jwks_uri": srv.URL + "/jwks",
		})
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k", "n": encode(key.N.Bytes()), "e": encode(big.NewInt(int64(key.E)).Bytes())}}})
	})
	mux.HandleFunc("/authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("response_mode") != "form_post" {
			http.Error(w, "the answer can only be posted", http.StatusBadRequest)
			return
		}
		code := rand.Text()
		nonces.Store(code, q.Get("nonce"))
		form.Execute(w, map[string]string{"To": q.Get("redirect_uri"), "State": q.Get("state"), "Code": code})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		nonce, _ := nonces.LoadAndDelete(r.PostFormValue("code"))
		now := time.Now().Unix()
		claims, err := json.Marshal(map[string]any{
			"iss": srv.URL, "sub": "ada", "aud": "gatehouse", "iat": now, "exp": now + 600, "nonce": nonce,
		})
		if err != nil {
			t.Error(err)
		}
		input := encode([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + encode(claims)
		sum := sha256.Sum256([]byte(input))
		signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
		if err != nil {
			t.Error(err)
		}
		answer(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": input + "." + encode(signature)})
	})
	return srv
}
