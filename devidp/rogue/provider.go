package rogue

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Who signs in, and where, unless a script says otherwise.
const (
	ClientID     = "rogue-client"
	ClientSecret = "rogue-secret"
	Subject      = "0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11"
	issuerPath   = "/7c3e1b52-9d40-4f6a-8e27-51c0a9f4d6b3/as"
)

// maxRequestBody bounds what is read of a request.
const maxRequestBody = 64 << 10

// Provider is a running rogue. It accepts any client, any redirect URI and any
// verifier: what is tried here is the relying party.
type Provider struct {
	base   string // scheme and host
	path   string // of the issuer
	issuer string // base and path
	now    func() time.Time
	keys   Keys

	mu     sync.Mutex // guards all below
	script Script
	counts map[string]int
	nonces map[string]string     // by code
	pushed map[string]url.Values // by request_uri
}

// Start serves a provider on a free loopback port until the test ends. Its
// clock is now; nil is time.Now.
func Start(t testing.TB, now func() time.Time) *Provider {
	t.Helper()
	if now == nil {
		now = time.Now
	}
	p := &Provider{now: now, keys: generated(), counts: map[string]int{}, nonces: map[string]string{}, pushed: map[string]url.Values{}}
	p.keys.ClientSecret = ClientSecret
	srv := httptest.NewServer(p)
	t.Cleanup(srv.Close)
	p.base, p.path = srv.URL, issuerPath
	p.issuer = p.base + p.path
	return p
}

// Issuer is the issuer of honest tokens, without a trailing slash.
func (p *Provider) Issuer() string { return p.issuer }

// At moves the provider to another path, like those of the other Ping products,
// and returns its scheme and host. Call it before anybody asks the provider.
func (p *Provider) At(path string) string {
	p.path = path
	p.issuer = p.base + path
	return p.base
}

// Keys is what the provider can sign with.
func (p *Provider) Keys() Keys { return p.keys }

// Play makes the provider follow the script from now on; the zero Script makes
// it honest.
func (p *Provider) Play(s Script) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.script = s
}

// Count is how many requests an endpoint has had: discovery, authorize, token,
// userinfo, jwks or signoff.
func (p *Provider) Count(endpoint string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[endpoint]
}

// ServeHTTP answers below the issuer's path.
func (p *Provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, below := strings.CutPrefix(r.URL.Path, p.path+"/")
	if !below {
		http.NotFound(w, r)
		return
	}
	endpoint := strings.Replace(path, ".well-known/openid-configuration", "discovery", 1)
	script := p.arrive(endpoint)
	r.Body = http.MaxBytesReader(w, r.Body, maxRequestBody)
	if script.Raw != nil && script.Raw(endpoint, w, r) {
		return
	}
	switch endpoint {
	case "discovery":
		writeJSON(w, p.document(script))
	case "jwks":
		p.jwks(w, script)
	case "authorize":
		p.authorize(w, r, script)
	case "token":
		p.token(w, r, script)
	case "userinfo":
		p.userinfo(w, script)
	case "par":
		p.par(w, r)
	case "signoff":
		w.WriteHeader(http.StatusNoContent)
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) arrive(endpoint string) Script {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.counts[endpoint]++
	return p.script
}

// issAnnounced is the member by which metadata promises the iss parameter in
// every authorization response (RFC 9207 section 3).
const issAnnounced = "authorization_response_iss_parameter_supported"

func (p *Provider) document(s Script) map[string]any {
	document := map[string]any{
		"issuer":                                p.issuer,
		"authorization_endpoint":                p.issuer + "/authorize",
		"token_endpoint":                        p.issuer + "/token",
		"userinfo_endpoint":                     p.issuer + "/userinfo",
		"jwks_uri":                              p.issuer + "/jwks",
		"end_session_endpoint":                  p.issuer + "/signoff",
		"pushed_authorization_request_endpoint": p.issuer + "/par",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"public"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic", "client_secret_post"},
		"code_challenge_methods_supported":      []string{"S256"},
	}
	if s.Discovery != nil {
		s.Discovery(document)
	}
	return document
}

func (p *Provider) jwks(w http.ResponseWriter, s Script) {
	set := map[string]any{"keys": []any{PublicJWK(p.keys.Published, KeyID)}}
	if s.JWKS != nil {
		s.JWKS(set, p.keys)
	}
	writeJSON(w, set)
}

// authorize signs the configured subject in without a question and goes
// straight back.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request, s Script) {
	asked := p.unfold(r.URL.Query())
	target, err := url.Parse(asked.Get("redirect_uri"))
	if err != nil || !target.IsAbs() {
		http.Error(w, "redirect_uri is missing", http.StatusBadRequest)
		return
	}
	answer := url.Values{"code": {p.newCode(asked.Get("nonce"))}, "state": {asked.Get("state")}}
	if p.document(s)[issAnnounced] == true {
		answer.Set("iss", p.issuer)
	}
	if s.Authorize != nil {
		s.Authorize(asked, answer)
	}
	query := target.Query()
	for name, values := range answer {
		query[name] = values
	}
	target.RawQuery = query.Encode()
	http.Redirect(w, r, target.String(), http.StatusFound)
}

// par keeps a pushed request for one use.
func (p *Provider) par(w http.ResponseWriter, r *http.Request) {
	r.ParseForm()
	name := "urn:ietf:params:oauth:request_uri:" + rand.Text()
	p.mu.Lock()
	p.pushed[name] = r.PostForm
	p.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	json.NewEncoder(w).Encode(map[string]any{"request_uri": name, "expires_in": 60})
}

// unfold puts a pushed request in place of its name.
func (p *Provider) unfold(asked url.Values) url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := asked.Get("request_uri")
	if pushed, ok := p.pushed[name]; ok {
		delete(p.pushed, name)
		return pushed
	}
	return asked
}

func (p *Provider) newCode(nonce string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	code := rand.Text()
	p.nonces[code] = nonce
	return code
}

func (p *Provider) spendCode(code string) (nonce string, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	nonce, ok = p.nonces[code]
	delete(p.nonces, code)
	return nonce, ok
}

func (p *Provider) userinfo(w http.ResponseWriter, s Script) {
	claims := userClaims()
	claims["sub"] = Subject
	if s.Userinfo != nil {
		s.Userinfo(claims)
	}
	writeJSON(w, claims)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(v)
}
