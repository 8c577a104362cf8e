package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

const doctorFile = oneKey + `
providers:
  - name: ping
    type: oidc
    issuer: "${ISSUER}"
    client_id: "${CLIENT:-rogue-client}"
    client_secret: "${SECRET:-rogue-secret}"
    client_auth: "${AUTH:-auto}"
    pkce: "${PKCE:-required}"
routes:
  - {name: wiki, from: "https://wiki.example.test", to: "${APP}", policy: public}
`

// examined runs the doctor over a file and returns what it says, check by check.
func examined(t *testing.T, file string, now func() time.Time, env map[string]string) map[string]gateway.Diagnosis {
	t.Helper()
	if env["KEY"] == "" {
		env["KEY"] = sessionKey
	}
	c, err := config.LoadOptions{Getenv: func(name string) string { return env[name] }}.Parse("gatehouse.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	list, err := gateway.Doctor(t.Context(), c, "", gateway.Process{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]gateway.Diagnosis{}
	for _, d := range list {
		if d.OK != (d.Fix == "") || d.Detail == "" || strings.ContainsAny(d.Detail+d.Fix, "\n\r\x1b") {
			t.Errorf("a line is odd: %+v", d)
		}
		if strings.Contains(d.Detail+d.Fix, "secret-") || strings.Contains(d.Detail+d.Fix, "rogue-secret") {
			t.Errorf("a secret is told: %+v", d)
		}
		if was, twice := found[d.Check]; !twice || was.OK {
			found[d.Check] = d
		}
	}
	return found
}

// TestDoctorFindsNothingWhereAllIsWell is the benign twin of the mistakes below.
func TestDoctorFindsNothingWhereAllIsWell(t *testing.T) {
	t.Parallel()
	idp := rogue.Start(t, nil)
	found := examined(t, doctorFile, nil, map[string]string{"ISSUER": idp.Issuer(), "APP": newApp(t).url})
	for check, d := range found {
		if !d.OK {
			t.Errorf("%s: %s → %s", check, d.Detail, d.Fix)
		}
	}
	for _, check := range []string{"tls", "clock", "discovery", "issuer", "algorithms", "keys", "pkce", "scopes", "client", "redirect URI", "end-session"} {
		if _, looked := found[check]; !looked {
			t.Errorf("%s was not looked at", check)
		}
	}
}

// TestDoctorNamesEachMistake: what is wrong at a provider is said on the line of
// its check, with what mends it.
func TestDoctorNamesEachMistake(t *testing.T) {
	t.Parallel()
	tokenError := func(status int, code string) rogue.Script {
		return rogue.Script{Token: func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			w.Write([]byte(`{"error":"` + code + `","error_description":"sent ` + r.PostFormValue("client_secret") + `"}`))
			return true
		}}
	}
	discovery := func(name string, value any) rogue.Script {
		return rogue.Script{Discovery: func(d map[string]any) { d[name] = value }}
	}
	raw := func(endpoint, kind, body string) rogue.Script {
		return rogue.Script{Raw: func(e string, w http.ResponseWriter, _ *http.Request) bool {
			if e != endpoint {
				return false
			}
			w.Header().Set("Content-Type", kind)
			w.Write([]byte(body))
			return true
		}}
	}
	authorizeError := func(code string) rogue.Script {
		return rogue.Script{Authorize: func(_, answer url.Values) {
			answer.Del("code")
			answer.Set("error", code)
		}}
	}
	for name, c := range map[string]struct {
		script      rogue.Script
		check, text string
		env         map[string]string
		now         func() time.Time
	}{
		"HTML instead of discovery": {script: raw("discovery", "text/html", "<h1>Sign in</h1>"), check: "discovery", text: "captive portal"},
		"another issuer":            {script: discovery("issuer", "https://elsewhere.example.test"), check: "issuer", text: "https://elsewhere.example.test"},
		"no token endpoint":         {script: discovery("token_endpoint", nil), check: "endpoints", text: "token_endpoint is missing"},
		"HS256 alone":               {script: discovery("id_token_signing_alg_values_supported", []string{"HS256"}), check: "algorithms", text: "HS256"},
		"no S256":                   {script: discovery("code_challenge_methods_supported", []string{"plain"}), check: "pkce", text: "S256"},
		"no scope email":            {script: discovery("scopes_supported", []string{"openid", "profile"}), check: "scopes", text: "email"},
		"weak keys": {script: rogue.Script{JWKS: func(set map[string]any, _ rogue.Keys) {
			set["keys"] = []any{map[string]any{"kty": "RSA", "kid": "a", "e": "AQAB", "n": strings.Repeat("u", 171)}}
		}}, check: "keys", text: "2048"},
		"keys as HTML":                {script: raw("jwks", "text/html", "<p>"), check: "keys", text: "content type"},
		"a wrong secret":              {script: tokenError(401, "invalid_client"), check: "client", text: "client_secret anew"},
		"a wrong secret, sent back":   {script: tokenError(401, "invalid_client"), check: "client", text: "[redacted]", env: map[string]string{"AUTH": "client_secret_post"}},
		"no grant":                    {script: tokenError(400, "unauthorized_client"), check: "client", text: "authorization_code"},
		"a code that nobody gave":     {script: raw("token", "application/json", `{"access_token":"a"}`), check: "client", text: "does not exist"},
		"a token endpoint that fails": {script: tokenError(500, "server_error"), check: "client", text: "failing"},
		"a token endpoint of HTML":    {script: rogue.Script{Token: func(w http.ResponseWriter, _ *http.Request) bool { http.NotFound(w, nil); return true }}, check: "client", text: "no token endpoint"},
		"scopes not granted":          {script: authorizeError("invalid_scope"), check: "scopes granted", text: "Allow the application these scopes"},
		"no code":                     {script: authorizeError("unauthorized_client"), check: "authorization", text: "response type code"},
		"a clock that is ahead":       {check: "clock", text: "ahead of", now: func() time.Time { return time.Now().Add(7 * time.Minute) }},
		"a clock that is behind":      {check: "clock", text: "behind", now: func() time.Time { return time.Now().Add(-2 * time.Hour) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			idp := rogue.Start(t, nil)
			idp.Play(c.script)
			env := map[string]string{"ISSUER": idp.Issuer(), "APP": newApp(t).url}
			for name, value := range c.env {
				env[name] = value
			}
			d := examined(t, doctorFile, c.now, env)[c.check]
			if d.OK || !strings.Contains(d.Detail+d.Fix, c.text) {
				t.Errorf("%s: %+v", c.check, d)
			}
		})
	}
}

// TestDoctorTriesTheSecretAndTheRedirectURI at a provider of PingOne's shape,
// which looks for the code before it looks at the client.
func TestDoctorTriesTheSecretAndTheRedirectURI(t *testing.T) {
	t.Parallel()
	idp := idptest.Start(t, devidp.Options{SingleSignOn: true, Clients: []devidp.Client{{
		ID: "gatehouse", Secret: pingSecret, RedirectURIs: []string{"https://wiki.example.test/.auth/callback/ping"},
	}}})
	env := func(secret string) map[string]string {
		return map[string]string{"ISSUER": idp.Issuer(), "APP": newApp(t).url, "CLIENT": "gatehouse", "SECRET": secret}
	}
	for _, auth := range []string{"client_secret_basic", "client_secret_post", "client_secret_jwt"} {
		good := env("secret-0123456789012345678901234567890123456789")
		good["AUTH"] = auth
		if err := idp.SetClient(devidp.Client{ID: "gatehouse", Secret: good["SECRET"], Auth: auth, RedirectURIs: []string{"https://wiki.example.test/.auth/callback/ping"}}); err != nil {
			t.Fatal(err)
		}
		for check, d := range examined(t, doctorFile, nil, good) {
			if !d.OK || check == "redirect URI" && !strings.HasSuffix(d.Detail, " is registered") {
				t.Errorf("%s: %s: %+v", auth, check, d)
			}
		}
		bad := env("secret-x123456789012345678901234567890123456789")
		bad["AUTH"] = auth
		if d := examined(t, doctorFile, nil, bad)["client"]; d.OK {
			t.Errorf("%s: a wrong secret passes: %+v", auth, d)
		}
	}
	elsewhere := strings.ReplaceAll(doctorFile, "wiki.example.test", "other.example.test")
	d := examined(t, elsewhere, nil, env("secret-0123456789012345678901234567890123456789"))["redirect URI"]
	if d.OK || !strings.Contains(d.Fix, "exactly https://other.example.test/.auth/callback/ping ") {
		t.Errorf("a redirect URI that is not registered: %+v", d)
	}
}

// TestDoctorTellsWhyThereIsNoConnection by name, port, certificate and silence.
func TestDoctorTellsWhyThereIsNoConnection(t *testing.T) {
	t.Parallel()
	idp := rogue.Start(t, nil)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	expired, ca := tlsServer(t, time.Now().Add(-time.Hour))
	valid, _ := tlsServer(t, time.Now().Add(time.Hour))
	trusting := strings.Replace(doctorFile, "client_id:", "ca: "+ca+"\n    client_id:", 1)
	for name, c := range map[string]struct{ file, issuer, app, check, text string }{
		"no such name":           {doctorFile, "https://no-such-provider.invalid", "", "dns", "host name"},
		"nobody listens":         {doctorFile, "http://" + closed.Addr().String(), "", "tls", "Nobody listens"},
		"an expired certificate": {trusting, expired, "", "tls", "expired"},
		"an unknown issuer":      {doctorFile, valid, "", "tls", "ca of a provider"},
		"plain text":             {doctorFile, strings.Replace(idp.Issuer(), "http:", "https:", 1), "", "tls", "does not speak TLS"},
		"no app":                 {doctorFile, idp.Issuer(), "http://" + closed.Addr().String(), "upstream http://" + closed.Addr().String(), "Nobody listens"},
		"an app of an unknown":   {doctorFile, idp.Issuer(), valid, "upstream " + valid, "upstream_tls.ca"},
	} {
		t.Run(name, func(t *testing.T) {
			app := c.app
			if app == "" {
				app = newApp(t).url
			}
			d := examined(t, c.file, nil, map[string]string{"ISSUER": c.issuer, "APP": app})[c.check]
			if d.OK || !strings.Contains(d.Fix, c.text) {
				t.Errorf("%s: %+v", c.check, d)
			}
		})
	}
}

// TestDoctorJudgesWhatAnAppAnswers: an app may refuse, but not fail.
func TestDoctorJudgesWhatAnAppAnswers(t *testing.T) {
	t.Parallel()
	idp := rogue.Start(t, nil)
	for status, fine := range map[int]bool{200: true, 302: true, 401: true, 404: true, 500: false, 503: false} {
		a := newApp(t)
		a.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		d := examined(t, doctorFile, nil, map[string]string{"ISSUER": idp.Issuer(), "APP": a.url})["upstream "+a.url]
		if d.OK != fine {
			t.Errorf("%d: %+v", status, d)
		}
		if got := a.only(t); got.Host != "wiki.example.test" {
			t.Errorf("asked for %s", got.Host)
		}
	}
}

// tlsServer serves nothing under a certificate for 127.0.0.1 that signs itself
// and ends at that moment. The file holds it.
func tlsServer(t *testing.T, until time.Time) (address, file string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: until.Add(-24 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.Config.ErrorLog = nil
	server.StartTLS()
	t.Cleanup(server.Close)
	file = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return server.URL, file
}
