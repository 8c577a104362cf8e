package attack

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// machines: /api is a service token's, /jwt a bearer token's, /both a service
// token's or the staff's, and the rest is as everywhere.
const machines = onLoopback + `
compat: cloudflare
assertion: {keys: ["${RSA}"]}
service_tokens:
  - {name: ci, secret_sha256: "${CI}"}
  - {name: past, secret_sha256: "${PAST}", expires: 2020-01-01T00:00:00Z}
  - {name: idle, secret_sha256: "${IDLE}"}
bearer:
  - {name: backend, issuer: "${ROGUE}", audiences: [api], algs: [RS256]}
  - {name: partner, issuer: "${OTHER}", audiences: [api], algs: [RS256]}
providers:` + honest + `
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - {name: staff, from: "https://app.example.test", to: "${APP}", policy: [{allow: {group: staff}}]}
  - {name: api, from: "https://app.example.test/api", to: "${APP}", policy: [{service_auth: {service_token: ci}}]}
  - {name: both, from: "https://app.example.test/both", to: "${APP}", policy: [{service_auth: {service_token: ci}}, {allow: {group: staff}}]}
  - {name: jwt, from: "https://app.example.test/jwt", to: "${APP}", bearer: backend, policy: [{service_auth: {bearer: backend}}]}
`

// secretOf is the part of a service token that nobody may see.
const (
	secretOfCI   = "4cfsbftr6iemwcvxe27wiugzph"
	secretOfPast = "7dhskqm2w5xvrznbgfyt4jpc3a"
	secretOfIdle = "qz3nvb6tyrk5wmxhj2fgdps7cl"
)

// serviceToken is gh_<name>_<secret>_<checksum>.
func serviceToken(name, secret string) string {
	head := "gh_" + name + "_" + secret
	return head + "_" + hash(head)[:6]
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// rsaKey is a key in PEM.
func rsaKey(t testing.TB) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// openToMachines is a world of machines. other is an issuer of bearer tokens
// whom /jwt does not know.
func openToMachines(t *testing.T, other string) *world {
	t.Helper()
	w := openWith(t, machines, map[string]string{
		"RSA": rsaKey(t), "OTHER": other,
		"CI": hash(serviceToken("ci", secretOfCI)), "PAST": hash(serviceToken("past", secretOfPast)), "IDLE": hash(serviceToken("idle", secretOfIdle)),
	})
	w.plant(secretOfCI, secretOfPast, secretOfIdle)
	return w
}

// machine fails unless the verdict holds. Whom the app gets to see is the
// machine alone, and in any case no part of its token.
func (w *world) machine(t *testing.T, want verdict, user string, r reply) {
	t.Helper()
	if want != pass {
		w.judge(t, want, r)
		return
	}
	if r.status != http.StatusOK || r.body != greeting {
		t.Fatalf("%d, want the app's answer: %.300s", r.status, r.body)
	}
	_, raw := w.app.only(t)
	if got := linesOf(raw, "X-Forwarded-User"); user == "" && got != nil || user != "" && !slices.Equal(got, []string{user}) {
		t.Errorf("the app is told of %q, want %q", got, user)
	}
	w.search(t, "what the app received", raw)
}

// TestServiceTokens: one token, whole, at one of its places, or 401 whoever
// else the caller is. Nothing of it reaches the application.
func TestServiceTokens(t *testing.T) {
	a := begin(t, "machines")
	w := openToMachines(t, "https://partner.example")
	good, past, idle := serviceToken("ci", secretOfCI), serviceToken("past", secretOfPast), serviceToken("idle", secretOfIdle)
	head, checksum := good[:len(good)-7], good[len(good)-6:]
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	const own, bearer, id, secret = "X-Gatehouse-Token: ", "Authorization: Bearer ", "CF-Access-Client-Id: ", "CF-Access-Client-Secret: "

	for _, c := range []struct {
		name, target string
		want         verdict
		fields       []string
	}{
		{"benign: its own header", "/api/x", pass, []string{own + good}},
		{"benign: as a bearer token", "/api/x", pass, []string{bearer + good}},
		{"benign: bearer in lower case", "/api/x", pass, []string{"authorization: bearer " + good}},
		{"benign: the header in lower case", "/api/x", pass, []string{"x-gatehouse-token: " + good}},
		{"benign: Cloudflare's names", "/api/x", pass, []string{id + "ci", secret + good}},
		{"benign: Cloudflare's names in lower case", "/api/x", pass, []string{"cf-access-client-id: ci", "cf-access-client-secret: " + good}},
		{"benign: for people and machines", "/both/x", pass, []string{own + good}},
		{"benign: beside a cookie, the token counts", "/both/x", pass, []string{own + good, ana}},
		{"benign: Cloudflare's single header", "/api/x", pass, []string{`Authorization: {"cf-access-client-id": "ci", "cf-access-client-secret": "` + good + `"}`}},
		{"benign: space around it", "/api/x", pass, []string{own + "  " + good + "  "}},
		{"another's authorization beside it", "/api/x", pass, []string{own + good, "Authorization: Basic dXNlcjpwYXNzd29yZA=="}},

		{"none", "/api/x", noToken, nil},
		{"empty", "/api/x", noToken, []string{own}},
		{"an empty bearer token", "/api/x", noToken, []string{bearer}},
		{"a checksum that is wrong", "/api/x", noToken, []string{own + head + "_" + flip(checksum, 0)}},
		{"a checksum in upper case", "/api/x", noToken, []string{own + head + "_" + strings.ToUpper(checksum)}},
		{"no checksum", "/api/x", noToken, []string{own + head}},
		{"an empty checksum", "/api/x", noToken, []string{own + head + "_"}},
		{"a longer checksum", "/api/x", noToken, []string{own + head + "_" + hash(head)}},
		{"another secret, well summed", "/api/x", noToken, []string{own + serviceToken("ci", secretOfIdle)}},
		{"a secret with a byte changed, well summed", "/api/x", noToken, []string{own + serviceToken("ci", flip(secretOfCI, 3))}},
		{"an empty secret", "/api/x", noToken, []string{own + serviceToken("ci", "")}},
		{"another's name", "/api/x", noToken, []string{own + serviceToken("idle", secretOfCI)}},
		{"nobody's name", "/api/x", noToken, []string{own + serviceToken("nobody", secretOfCI)}},
		{"no name", "/api/x", noToken, []string{own + serviceToken("", secretOfCI)}},
		{"a name in upper case", "/api/x", noToken, []string{own + serviceToken("CI", secretOfCI)}},
		{"expired", "/api/x", noToken, []string{own + past}},
		{"expired, as a bearer token", "/api/x", noToken, []string{bearer + past}},
		{"expired, by Cloudflare's names", "/api/x", noToken, []string{id + "past", secret + past}},
		{"cut short", "/api/x", noToken, []string{own + good[:len(good)-1]}},
		{"cut to half", "/api/x", noToken, []string{own + good[:len(good)/2]}},
		{"its prefix", "/api/x", noToken, []string{own + "gh_"}},
		{"a byte more", "/api/x", noToken, []string{own + good + "0"}},
		{"another prefix", "/api/x", noToken, []string{own + "gx" + good[2:]}},
		{"a prefix in upper case", "/api/x", noToken, []string{own + "GH" + good[2:]}},
		{"no prefix", "/api/x", noToken, []string{own + good[3:]}},
		{"in upper case", "/api/x", noToken, []string{own + strings.ToUpper(good)}},
		{"a space within", "/api/x", noToken, []string{own + good[:9] + " " + good[9:]}},
		{"a tab within", "/api/x", noToken, []string{own + good[:9] + "\t" + good[9:]}},
		{"a NUL within", "/api/x", refuse, []string{own + good[:9] + "\x00" + good[9:]}},
		{"a NUL after it", "/api/x", refuse, []string{own + good + "\x00"}},
		{"quoted", "/api/x", noToken, []string{own + `"` + good + `"`}},
		{"percent-encoded", "/api/x", noToken, []string{own + strings.ReplaceAll(good, "_", "%5f")}},
		{"in base64", "/api/x", noToken, []string{own + base64.StdEncoding.EncodeToString([]byte(good))}},
		{"with the scheme", "/api/x", noToken, []string{own + "Bearer " + good}},
		{"in a list", "/api/x", noToken, []string{own + good + ", " + good}},
		{"in a list of two", "/api/x", noToken, []string{own + good + "," + idle}},
		{"a megabyte of it", "/api/x", refuse, []string{own + good + strings.Repeat("A", 1<<20)}},
		{"thirty kilobytes of it", "/api/x", noToken, []string{own + "gh_ci_" + strings.Repeat("A", 30_000) + "_" + checksum}},
		{"underscores", "/api/x", noToken, []string{own + strings.Repeat("_", 1000)}},
		{"what the file says", "/api/x", noToken, []string{own + hash(good)}},
		{"what the file says, as a secret", "/api/x", noToken, []string{own + serviceToken("ci", hash(good))}},
		{"twice, good and bad", "/api/x", noToken, []string{own + good, own + past}},
		{"twice, bad and good", "/api/x", noToken, []string{own + past, own + good}},
		{"twice, two good ones", "/api/x", noToken, []string{own + good, own + idle}},
		{"twice, empty and good", "/api/x", noToken, []string{own, own + good}},
		{"good here, good there", "/api/x", noToken, []string{own + good, bearer + good}},
		{"good here, bad there", "/api/x", noToken, []string{own + good, bearer + past}},
		{"bad here, good there", "/api/x", noToken, []string{own + past, bearer + good}},
		{"two people's in two places", "/api/x", noToken, []string{own + good, bearer + idle}},
		{"two authorizations, good and bad", "/api/x", refuse, []string{bearer + good, bearer + past}},
		{"two authorizations, bad and good", "/api/x", refuse, []string{bearer + past, bearer + good}},

		{"Cloudflare's, another's name", "/api/x", noToken, []string{id + "idle", secret + good}},
		{"Cloudflare's, nobody's name", "/api/x", noToken, []string{id + "nobody", secret + good}},
		{"Cloudflare's, an empty name", "/api/x", noToken, []string{id, secret + good}},
		{"Cloudflare's, no name", "/api/x", noToken, []string{secret + good}},
		{"Cloudflare's, no secret", "/api/x", noToken, []string{id + "ci"}},
		{"Cloudflare's, an empty secret", "/api/x", noToken, []string{id + "ci", secret}},
		{"Cloudflare's, the bare secret", "/api/x", noToken, []string{id + "ci", secret + secretOfCI}},
		{"Cloudflare's, another's secret", "/api/x", noToken, []string{id + "ci", secret + idle}},
		{"Cloudflare's, exchanged", "/api/x", noToken, []string{id + good, secret + "ci"}},
		{"Cloudflare's, two names", "/api/x", noToken, []string{id + "ci", id + "idle", secret + good}},
		{"Cloudflare's, two names, the other order", "/api/x", noToken, []string{id + "idle", id + "ci", secret + good}},
		{"Cloudflare's, two secrets", "/api/x", noToken, []string{id + "ci", secret + good, secret + past}},
		{"Cloudflare's, bad beside a good one of ours", "/api/x", noToken, []string{id + "ci", secret + past, own + good}},
		{"Cloudflare's, good beside a bad one of ours", "/api/x", noToken, []string{id + "ci", secret + good, own + past}},
		{"Cloudflare's, with underscores", "/api/x", noToken, []string{"CF_Access_Client_Id: ci", "CF_Access_Client_Secret: " + good}},
		{"Cloudflare's single header, another's name", "/api/x", noToken, []string{`Authorization: {"cf-access-client-id": "idle", "cf-access-client-secret": "` + good + `"}`}},
		{"Cloudflare's single header, two secrets", "/api/x", noToken, []string{`Authorization: {"cf-access-client-id": "ci", "cf-access-client-secret": "x", "cf-access-client-secret": "` + good + `"}`}},
		{"Cloudflare's single header, its names in capitals", "/api/x", noToken, []string{`Authorization: {"CF-Access-Client-Id": "ci", "CF-Access-Client-Secret": "x", "cf-access-client-secret": "` + good + `"}`}},
		{"Cloudflare's single header, a secret in a list", "/api/x", noToken, []string{`Authorization: {"cf-access-client-id": "ci", "cf-access-client-secret": ["` + good + `"]}`}},
		{"Cloudflare's single header, cut", "/api/x", noToken, []string{`Authorization: {"cf-access-client-id": "ci", "cf-access-client-secret": "` + good + `"`}},
		{"Cloudflare's single header, and more behind it", "/api/x", noToken, []string{`Authorization: {"cf-access-client-id": "ci", "cf-access-client-secret": "` + good + `"} x`}},

		{"with underscores", "/api/x", noToken, []string{"X_Gatehouse_Token: " + good}},
		{"with dots", "/api/x", noToken, []string{"X.Gatehouse.Token: " + good}},
		{"with underscores, beside a bad one", "/api/x", noToken, []string{"X_Gatehouse_Token: " + good, own + past}},
		{"at another header", "/api/x", noToken, []string{"X-Api-Key: " + good}},
		{"at Proxy-Authorization", "/api/x", noToken, []string{"Proxy-Authorization: Bearer " + good}},
		{"at Token", "/api/x", noToken, []string{"Token: " + good}},
		{"in a cookie", "/api/x", noToken, []string{"Cookie: X-Gatehouse-Token=" + good}},
		{"in our own cookie", "/api/x", noToken, []string{"Cookie: __Host-gatehouse=" + good}},
		{"in the query", "/api/x?token=" + good, noToken, nil},
		{"in the query, by RFC 6750", "/api/x?access_token=" + good, noToken, nil},
		{"in the query, by the header's name", "/api/x?X-Gatehouse-Token=" + good, noToken, nil},
		{"Basic, as user and password", "/api/x", noToken, []string{"Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ci:"+good))}},
		{"Basic, bare", "/api/x", noToken, []string{"Authorization: Basic " + good}},
		{"without a scheme", "/api/x", noToken, []string{"Authorization: " + good}},
		{"another scheme", "/api/x", noToken, []string{"Authorization: Token " + good}},
		{"a scheme and a comma", "/api/x", noToken, []string{"Authorization: Bearer, " + good}},
		{"a scheme and a colon", "/api/x", noToken, []string{"Authorization: Bearer: " + good}},
		{"a scheme and nothing between", "/api/x", noToken, []string{"Authorization: Bearer" + good}},
		{"a scheme by RFC 7235's parameters", "/api/x", noToken, []string{`Authorization: Bearer token="` + good + `"`}},
		{"two tokens behind the scheme", "/api/x", noToken, []string{bearer + good + " " + idle}},
		{"the scheme twice", "/api/x", noToken, []string{bearer + "Bearer " + good}},

		// Whose it is, and what it opens.
		{"a valid one that no rule admits", "/api/x", forbid, []string{own + idle}},
		{"a valid one that no rule admits, and a cookie", "/api/x", forbid, []string{own + idle, ana}},
		{"a person where machines go", "/api/x", forbid, []string{ana}},
		{"a valid one where people go", "/x", forbid, []string{own + good}},
		{"a valid one where people go, and a cookie", "/x", forbid, []string{own + good, ana}},
		{"a valid one where administrators go", "/both/../x", ambiguous, []string{own + good}},
		{"an invalid one and a good cookie", "/x", noToken, []string{own + past, ana}},
		{"a cut one and a good cookie", "/both/x", noToken, []string{own + good[:20], ana}},
		{"an invalid one as a bearer token and a good cookie", "/x", noToken, []string{bearer + past, ana}},
		{"an invalid one by Cloudflare's names and a good cookie", "/x", noToken, []string{id + "ci", secret + past, ana}},
		{"a person's navigation with an invalid one", "/x", noToken, append([]string{own + past}, navigation...)},
		{"a person's navigation with an invalid one and a cookie", "/both/x", noToken, append([]string{own + past, ana}, navigation...)},
		{"as another user", "/api/x", pass, []string{own + good, "X-Forwarded-User: " + forger, "X-Gatehouse-Provider: " + forger}},
		{"as another user, with underscores", "/api/x", pass, []string{own + good, "X_Forwarded_User: " + forger}},
		{"its header named a hop's", "/api/x", pass, []string{own + good, "Connection: X-Gatehouse-Token, X-Forwarded-User"}},
	} {
		for _, v := range ways {
			if v.h2 && strings.Contains(strings.Join(c.fields, "\n"), "Connection:") {
				continue // HTTP/2 has none: refused as malformed, see framing
			}
			a.try(v.name+" "+c.name, func(t *testing.T) {
				w.machine(t, c.want, "ci", v.ask(w, t, request{target: c.target, fields: c.fields}))
			})
		}
	}
}

// TestServiceTokensStayHere: where nobody asks for one, a token is taken out of
// the request all the same.
func TestServiceTokensStayHere(t *testing.T) {
	a := begin(t, "machines")
	w := openToMachines(t, "https://partner.example")
	good := serviceToken("ci", secretOfCI)
	ana := "Cookie: " + w.signIn(t, "ana.kovacs").cookie()
	for _, c := range []struct {
		name   string
		fields []string
	}{
		{"its own header", []string{"X-Gatehouse-Token: " + good}},
		{"its own header in odd case", []string{"x-gAtehouse-tOken: " + good}},
		{"with underscores", []string{"X_Gatehouse_Token: " + good}},
		{"with dots", []string{"X.Gatehouse.Token: " + good}},
		{"with both", []string{"X-Gatehouse_Token: " + good, "X_Gatehouse.Token: " + good}},
		{"a bearer token", []string{"Authorization: Bearer " + good}},
		{"a bearer token in lower case", []string{"authorization: bearer " + good}},
		{"a bearer token in odd case", []string{"AUTHORIZATION: bEARER " + good}},
		{"two spaces", []string{"Authorization: Bearer  " + good}},
		{"a tab", []string{"Authorization: Bearer\t" + good}},
		{"another scheme", []string{"Authorization: Token " + good}},
		{"no scheme", []string{"Authorization: " + good}},
		{"quoted", []string{`Authorization: Bearer "` + good + `"`}},
		{"a comma", []string{"Authorization: Bearer, " + good}},
		{"two authorizations", []string{"Authorization: Basic eDp5", "Authorization: Bearer " + good}},
		{"beside its own header, in an odd spelling", []string{"X-Gatehouse-Token: " + good, "Authorization: Token " + good}},
		{"as a hop's", []string{"Proxy-Authorization: Bearer " + good}},
		{"Cloudflare's names", []string{"CF-Access-Client-Id: ci", "CF-Access-Client-Secret: " + good}},
		{"Cloudflare's names with underscores", []string{"CF_Access_Client_Id: ci", "CF_Access_Client_Secret: " + good}},
		{"Cloudflare's secret alone", []string{"CF-Access-Client-Secret: " + good}},
	} {
		for _, target := range []string{"/public/x", "/x"} {
			for _, v := range ways {
				a.try(v.name+" "+target+" "+c.name, func(t *testing.T) {
					fields := c.fields
					if target == "/x" {
						fields = append(slices.Clone(fields), ana)
					}
					if r := v.ask(w, t, request{target: target, fields: fields}); r.status >= 500 {
						t.Errorf("%d", r.status)
					}
					_, raw := w.app.take()
					w.search(t, "what the app received", raw)
				})
			}
		}
	}
	for _, value := range []string{"Basic dXNlcjpwYXNzd29yZA==", "Bearer an-apps-own-token", "Bearer ghp_of_another_service", "Digest username=\"x\"", "bearer an.apps.own"} {
		for _, v := range ways {
			a.try(v.name+" benign: an application's own authorization, "+value, func(t *testing.T) {
				r := v.ask(w, t, request{target: "/x", fields: []string{ana, "Authorization: " + value}})
				if r.status != http.StatusOK {
					t.Fatalf("%d: %.300s", r.status, r.body)
				}
				if got, _ := w.app.only(t); !slices.Equal(got.Header.Values("Authorization"), []string{value}) {
					t.Errorf("the app got %q", got.Header.Values("Authorization"))
				}
			})
		}
	}
}
