package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pairs is a JSON object.
type pairs = map[string]any

// certifiedSecret is long enough for client_secret_jwt by HS256.
const certifiedSecret = "only for the tests, and 32 bytes long"

// certifiedProvider runs oidc-provider with these clients; roots is a file of
// certificates that it trusts besides the system's, or "".
func certifiedProvider(t *testing.T, issuer, roots string, clients ...pairs) {
	t.Helper()
	for i, own := range clients {
		whole := pairs{"client_secret": certifiedSecret, "response_types": []string{"code"}, "grant_types": []string{"authorization_code"}}
		maps.Copy(whole, own)
		if whole["client_secret"] == "" {
			delete(whole, "client_secret")
		}
		clients[i] = whole
	}
	list, err := json.Marshal(clients)
	if err != nil {
		t.Fatal(err)
	}
	provider := exec.Command(program(t, "nodejs", "node"), "provider.mjs")
	provider.Dir = installed(t)
	provider.Env = append(os.Environ(), "ISSUER="+issuer, "CLIENTS="+string(list), "NODE_EXTRA_CA_CERTS="+roots)
	start(t, provider).await(t, "ready")
}

// TestCertifiedProviderInParts: each way to authenticate, to ask and to be
// answered, at a provider that has been certified for all of them.
func TestCertifiedProviderInParts(t *testing.T) {
	ports := freePorts(t, 2)
	// Two host names, because cookies ignore ports.
	issuer, base := "http://127.0.0.1:"+ports[0], "https://localhost:"+ports[1]
	certFile, keyFile, roots := certificate(t)
	rp, err := exec.Command(gatehouse, "keygen", "assertion").Output()
	if err != nil {
		t.Fatal(err)
	}
	rpFile := filepath.Join(t.TempDir(), "rp.pem")
	if err := os.WriteFile(rpFile, rp, 0o600); err != nil {
		t.Fatal(err)
	}
	ways := []struct {
		name, options string
		client        pairs
	}{
		{"basic", "client_auth: client_secret_basic", pairs{"token_endpoint_auth_method": "client_secret_basic"}},
		{"post", "client_auth: client_secret_post", pairs{"token_endpoint_auth_method": "client_secret_post"}},
		{"shared", "client_auth: client_secret_jwt", pairs{"token_endpoint_auth_method": "client_secret_jwt"}},
		{"key", fmt.Sprintf("client_auth: private_key_jwt, private_key: %q", "${file:"+rpFile+"}"), pairs{
			"client_secret": "", "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256", "jwks_uri": base + "/.auth/client-jwks.json",
		}},
		{"public", "client_auth: none", pairs{"client_secret": "", "token_endpoint_auth_method": "none"}},
		{"pushed", "par: required", pairs{"require_pushed_authorization_requests": true}},
		{"posted", "response_mode: form_post", nil},
		{"hinted", "sign_out_hint: always", pairs{
			"grant_types": []string{"authorization_code", "refresh_token"}, "backchannel_logout_uri": base + "/.auth/backchannel-logout/hinted", "backchannel_logout_session_required": true,
		}},
	}
	providers, clients := "", []pairs{}
	for _, w := range ways {
		client := pairs{"client_id": w.name, "redirect_uris": []string{base + "/.auth/callback/" + w.name}, "post_logout_redirect_uris": []string{base + "/.auth/signed-out"}}
		maps.Copy(client, w.client)
		clients = append(clients, client)
		secret := fmt.Sprintf("client_secret: %q, ", certifiedSecret)
		if client["client_secret"] == "" {
			secret = ""
		}
		providers += fmt.Sprintf("  - {name: %s, type: oidc, issuer: %q, client_id: %s, %sscopes: [openid, email, profile], %s}\n", w.name, issuer, w.name, secret, w.options)
	}
	certifiedProvider(t, issuer, certFile, clients...)
	behind := newApp(t)
	serve(t, fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}, tls: {cert: %q, key: %q}}
session: {keys: ["${GATEHOUSE_KEY}"]}
headers: {Authorization: {token: access, prefix: "Bearer "}}
providers:
%sroutes:
  - {from: %q, to: %q, policy: [{allow: {email: zoe@example.com}}]}
`, ports[1], certFile, keyFile, providers, base, behind.URL), base, &http.Client{Transport: trusting(roots)})

	for _, w := range ways {
		t.Run(w.name, func(t *testing.T) {
			p := newPerson(t, roots)
			home := p.signsInAt(base, w.name)
			if home.Status != http.StatusOK || home.Body != "app /deep?x=1" {
				t.Fatalf("signed in: %d at %s:\n%s", home.Status, home.URL, home.Body)
			}
			behind.got(t, map[string]string{"X-Forwarded-Email": "zoe@example.com", "X-Gatehouse-Provider": w.name, "Cookie": ""})
			if w.name == "hinted" {
				tokensRotate(t, p, behind, base)
				p.confirmsSignOut(p.visit(issuer + "/session/end"))
				eventually(t, "back-channel logout", func() bool { return p.visit(base+"/.auth/me").Status == http.StatusUnauthorized })
				p.signsInAt(base, w.name)
			}
			out := p.confirmsSignOut(p.visit(base + "/.auth/logout"))
			// A state that is ours leads on; any other stays in the address.
			if out.Status != http.StatusOK || out.URL.String() != base+"/.auth/signed-out" {
				t.Errorf("sign-out: %d at %s", out.Status, out.URL)
			}
			if me := p.visit(base + "/.auth/me"); me.Status != http.StatusUnauthorized {
				t.Errorf("after the sign-out: %d %s", me.Status, me.Body)
			}
		})
	}
}

// signsInAt goes the whole way, submitting every form that is on it.
func (p *person) signsInAt(base, provider string) page {
	p.t.Helper()
	at := p.visit(base + "/.auth/login?provider=" + provider + "&rd=" + url.QueryEscape("/deep?x=1"))
	for range 4 { // name, consent, perhaps the posted answer
		switch {
		case strings.Contains(at.Body, `name="login"`):
			at = p.submit(at, url.Values{"login": {"zoe"}, "password": {"any"}})
		case strings.Contains(at.Body, "<form"):
			at = p.submit(at, nil)
		default:
			return at
		}
	}
	return at
}

// confirmsSignOut presses the button of oidc-provider's question.
func (p *person) confirmsSignOut(question page) page {
	p.t.Helper()
	for form := range elements(p.t, question, "form") {
		values := url.Values{"logout": {"yes"}}
		for input := range elements(p.t, question, "input") {
			values.Set(attribute(input, "name"), attribute(input, "value"))
		}
		request, err := http.NewRequest(http.MethodPost, p.resolve(question, attribute(form, "action")), strings.NewReader(values.Encode()))
		if err != nil {
			p.t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		return p.ask(request)
	}
	p.t.Fatalf("nobody asks about the sign-out at %s, status %d:\n%s", question.URL, question.Status, question.Body)
	return page{}
}

// tokensRotate: access tokens live for four seconds there, so that they are
// renewed soon after they came; each refresh token counts once.
func tokensRotate(t *testing.T, p *person, behind *app, base string) {
	t.Helper()
	seen := map[string]bool{}
	eventually(t, "three access tokens", func() bool {
		if at := p.visit(base + "/x"); at.Status != http.StatusOK || at.Body != "app /x" {
			t.Fatalf("%d at %s:\n%s", at.Status, at.URL, at.Body)
		}
		behind.mu.Lock()
		defer behind.mu.Unlock()
		if token := behind.last.Get("Authorization"); token != "" {
			seen[token] = true
		}
		return len(seen) == 3
	})
}

// eventually polls until ok.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %s", what, patience)
		}
	}
}
