package e2e

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"html/template"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// provider is a plain OpenID provider that asks nobody: it signs in ada, at the
// level that was asked for.
type provider struct {
	*httptest.Server
	t     *testing.T
	key   *rsa.PrivateKey
	posts bool     // answers by a form which posts itself
	codes sync.Map // requests by code
	// renewed, unless nil, answers who spends a refresh token; sign-ins then
	// bring one, and an access token of a second.
	renewed http.HandlerFunc
}

var postedForm = template.Must(template.New("").Parse(`<!doctype html><title>One moment</title><body onload="document.forms[0].submit()">
<form method="post" action="{{.To}}"><input name="state" value="{{.State}}"><input name="code" value="{{.Code}}"></form>`))

func newProvider(t *testing.T, posts bool) *provider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{t: t, key: key, posts: posts}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("/jwks", p.jwks)
	mux.HandleFunc("/authorize", p.authorize)
	mux.HandleFunc("/token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) discovery(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
	})
}

func (p *provider) jwks(w http.ResponseWriter, _ *http.Request) {
	n, e := encode(p.key.N.Bytes()), encode(big.NewInt(int64(p.key.E)).Bytes())
	writeJSON(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k", "n": n, "e": e}}})
}

func (p *provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if p.posts != (q.Get("response_mode") == "form_post") {
		http.Error(w, "not in this response mode", http.StatusBadRequest)
		return
	}
	code := rand.Text()
	p.codes.Store(code, q)
	if p.posts {
		postedForm.Execute(w, map[string]string{"To": q.Get("redirect_uri"), "State": q.Get("state"), "Code": code})
		return
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"state": {q.Get("state")}, "code": {code}}.Encode(), http.StatusFound)
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	if r.PostFormValue("grant_type") == "refresh_token" && p.renewed != nil {
		p.renewed(w, r)
		return
	}
	asked, _ := p.codes.LoadAndDelete(r.PostFormValue("code"))
	q, known := asked.(url.Values)
	if !known {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	acr, _, _ := strings.Cut(q.Get("acr_values"), " ")
	if acr == "" {
		acr = "pwd"
	}
	id := p.sign("JWT", map[string]any{
		"sub": "ada", "aud": q.Get("client_id"), "nonce": q.Get("nonce"), "email": "ada@example.com", "email_verified": true,
		"acr": acr, "auth_time": time.Now().Unix(),
	})
	answer := map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": id}
	if p.renewed != nil {
		answer["refresh_token"], answer["expires_in"] = "r", 1
	}
	writeJSON(w, answer)
}

// sign makes a token of claims and of those that every token has.
func (p *provider) sign(kind string, claims map[string]any) string {
	now := time.Now().Unix()
	all := map[string]any{"iss": p.URL, "iat": now, "exp": now + 600}
	maps.Copy(all, claims)
	body, err := json.Marshal(all)
	if err != nil {
		p.t.Error(err)
	}
	input := encode([]byte(`{"alg":"RS256","kid":"k","typ":"`+kind+`"}`)) + "." + encode(body)
	sum := sha256.Sum256([]byte(input))
	signature, err := rsa.SignPKCS1v15(nil, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return input + "." + encode(signature)
}

func encode(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}
