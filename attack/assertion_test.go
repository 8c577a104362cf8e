package attack

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// asserting: one application behind several routes, each asserted to in its
// own way.
const asserting = onLoopback + `
compat: cloudflare
assertion: {keys: ["${RSA}"], alg: RS256}
providers:` + honest + `
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - {name: staff, from: "https://app.example.test", to: "${APP}", policy: [{allow: {group: staff}}]}
  - {name: wiki, from: "https://app.example.test/wiki", to: "${APP}", policy: [{allow: {group: staff}}], assertion: {audience: wiki, lifetime: 1m, claims: [email]}}
  - {name: bare, from: "https://app.example.test/bare", to: "${APP}", policy: [{allow: {group: staff}}], assertion: false}
  - {name: other, from: "https://other.example.test", to: "${APP}", policy: [{allow: {group: staff}}]}
`

// TestNobodyBringsAnAssertion: where the application looks for one it finds
// ours, once, or none; whatever a client brings stays here.
func TestNobodyBringsAnAssertion(t *testing.T) {
	a := begin(t, "assertion")
	w := openWith(t, asserting, map[string]string{"RSA": rsaKey(t)})
	person := w.signIn(t, "ana.kovacs")
	ana := "Cookie: " + person.cookie()
	person.follow(home + "/x")
	_, raw := w.app.only(t)
	ours := linesOf(raw, "X-Gatehouse-Assertion")
	if len(ours) != 1 {
		t.Fatalf("the app got assertions %q", ours)
	}
	forged := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"`+forger+`"}`)) + "."
	for _, c := range []struct {
		name   string
		fields []string
	}{
		{"benign: nothing", nil},
		{"its header", []string{"X-Gatehouse-Assertion: " + forged}},
		{"its header, twice", []string{"X-Gatehouse-Assertion: " + forged, "X-Gatehouse-Assertion: " + forged}},
		{"its header, empty", []string{"X-Gatehouse-Assertion: "}},
		{"its header in odd case", []string{"x-gateHouse-assertioN: " + forged}},
		{"with underscores", []string{"X_Gatehouse_Assertion: " + forged}},
		{"with dots", []string{"X.Gatehouse.Assertion: " + forged}},
		{"mixed", []string{"X-Gatehouse_Assertion: " + forged, "X.Gatehouse-Assertion: " + forged}},
		{"Cloudflare's header", []string{"Cf-Access-Jwt-Assertion: " + forged}},
		{"Cloudflare's header with underscores", []string{"CF_ACCESS_JWT_ASSERTION: " + forged}},
		{"Cloudflare's address", []string{"Cf-Access-Authenticated-User-Email: " + forger + "@example.com"}},
		{"Cloudflare's address with underscores", []string{"Cf_Access_Authenticated_User_Email: " + forger + "@example.com"}},
		{"Cloudflare's old token", []string{"Cf-Access-Token: " + forged}},
		{"Cloudflare's other names", []string{"Cf-Access-Anything: " + forged}},
		{"Cloudflare's cookie", []string{"Cookie: CF_Authorization=" + forged}},
		{"Cloudflare's cookie, twice", []string{"Cookie: CF_Authorization=" + forged + "; CF_Authorization=" + forged}},
		{"Cloudflare's cookie in two lines", []string{"Cookie: a=b; CF_Authorization=" + forged, "Cookie: CF_Authorization=" + forged}},
		{"Cloudflare's cookie, quoted", []string{`Cookie: CF_Authorization="` + forged + `"`}},
		{"Cloudflare's cookie and spaces", []string{"Cookie:  CF_Authorization =" + forged + " ; x=y"}},
		{"Cloudflare's cookie behind no space", []string{"Cookie: x=y;CF_Authorization=" + forged}},
		{"Cloudflare's cookie behind a tab", []string{"Cookie: x=y;\tCF_Authorization=" + forged}},
		{"Cloudflare's cookie behind a comma", []string{"Cookie: x=y, CF_Authorization=" + forged}},
		{"Cloudflare's cookie behind many semicolons", []string{"Cookie: ;;; CF_Authorization=" + forged + ";;"}},
		{"Cloudflare's cookie in lower case", []string{"Cookie: cf_authorization=" + forged}},
		{"as a hop's", []string{"Connection: X-Gatehouse-Assertion, Cf-Access-Jwt-Assertion, Cookie"}},
		{"as a hop's, and itself", []string{"X-Gatehouse-Assertion: " + forged, "Connection: close, X-Gatehouse-Assertion"}},
		{"in a trailer", []string{"Trailer: X-Gatehouse-Assertion", "TE: trailers"}},
	} {
		for _, target := range []string{"/public/x", "/x", "/wiki/x", "/bare/x"} {
			for _, v := range ways {
				if v.h2 && strings.Contains(strings.Join(c.fields, "\n"), "Connection:") {
					continue
				}
				a.try(v.name+" "+target+" "+c.name, func(t *testing.T) {
					fields := slices.Clone(c.fields)
					if target != "/public/x" {
						fields = append(fields, ana)
					}
					r := v.ask(w, t, request{target: target, fields: fields})
					if strings.HasPrefix(c.name, "Cloudflare's cookie") && r.status == http.StatusBadRequest {
						w.app.untouched(t)
						return
					}
					if r.status != http.StatusOK || r.body != greeting {
						t.Fatalf("%d: %.300s", r.status, r.body)
					}
					_, raw := w.app.only(t)
					if strings.Contains(raw, forged) || strings.Contains(raw, forger) {
						t.Errorf("the app received %.900q", raw)
					}
					want := 0
					if target == "/x" || target == "/wiki/x" {
						want = 1
					}
					for _, name := range []string{"X-Gatehouse-Assertion", "Cf-Access-Jwt-Assertion"} {
						if got := linesOf(raw, name); len(got) != want {
							t.Errorf("%d times %s", len(got), name)
						}
					}
					if got := strings.Count(raw, "CF_Authorization="); got != want {
						t.Errorf("%d times CF_Authorization", got)
					}
					if r.header.Get("X-Gatehouse-Assertion") != "" || strings.Contains(strings.Join(r.header.Values("Set-Cookie"), ""), "CF_Authorization") {
						t.Error("the browser gets one, too")
					}
				})
			}
		}
	}
	w.plant(ours[0])
	for _, c := range []struct {
		name, target string
		fields       []string
	}{
		{"as a session", "/x", []string{"Cookie: __Host-gatehouse=" + ours[0]}},
		{"as a service token", "/x", []string{"X-Gatehouse-Token: " + ours[0]}},
		{"as Cloudflare's service token", "/x", []string{"CF-Access-Client-Id: ana", "CF-Access-Client-Secret: " + ours[0]}},
		{"as Cloudflare's cookie", "/x", []string{"Cookie: CF_Authorization=" + ours[0]}},
		{"as Cloudflare's assertion", "/x", []string{"Cf-Access-Jwt-Assertion: " + ours[0], "Cf-Access-Token: " + ours[0]}},
		{"as itself", "/x", []string{"X-Gatehouse-Assertion: " + ours[0]}},
		{"as a bearer token", "/x", []string{"Authorization: Bearer " + ours[0]}},
		{"at /me", "/.auth/me", []string{"Cookie: CF_Authorization=" + ours[0], "Authorization: Bearer " + ours[0]}},
		{"at Cloudflare's /get-identity", "/cdn-cgi/access/get-identity", []string{"Cookie: CF_Authorization=" + ours[0]}},
	} {
		for _, v := range ways {
			a.try(v.name+" a real one brought back "+c.name, func(t *testing.T) {
				w.judge(t, refuse, v.ask(w, t, request{target: c.target, fields: c.fields}))
			})
		}
	}
}

// verified is what a token says that a key of the set has signed. It is
// written out, as an application's library would do it.
func verified(t *testing.T, set, token string) (header, claims map[string]any) {
	t.Helper()
	part := strings.Split(token, ".")
	if len(part) != 3 {
		t.Fatalf("no token: %q", token)
	}
	bytes := func(text string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for text, into := range map[string]*map[string]any{part[0]: &header, part[1]: &claims} {
		if err := json.Unmarshal(bytes(text), into); err != nil {
			t.Fatal(err)
		}
	}
	var keys struct {
		Keys []struct{ Kid, Kty, N, E, X, Y string } `json:"keys"`
	}
	if err := json.Unmarshal([]byte(set), &keys); err != nil {
		t.Fatal(err)
	}
	sum, signature := sha256.Sum256([]byte(part[0]+"."+part[1])), bytes(part[2])
	number := func(text string) *big.Int { return new(big.Int).SetBytes(bytes(text)) }
	for _, k := range keys.Keys {
		if k.Kid != header["kid"] {
			continue
		}
		switch k.Kty {
		case "RSA":
			key := &rsa.PublicKey{N: number(k.N), E: int(number(k.E).Int64())}
			if rsa.VerifyPKCS1v15(key, 5, sum[:], signature) == nil { // 5 is SHA-256
				return header, claims
			}
		case "EC":
			key := &ecdsa.PublicKey{Curve: elliptic.P256(), X: number(k.X), Y: number(k.Y)}
			if len(signature) == 64 && ecdsa.Verify(key, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
				return header, claims
			}
		}
	}
	t.Fatalf("no key of the set has signed %s", part[0])
	return nil, nil
}
