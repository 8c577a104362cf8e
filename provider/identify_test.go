package provider

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

func claimsOf(t *testing.T, text string) identity.Claims {
	t.Helper()
	if text == "" {
		return nil
	}
	c, err := identity.DecodeClaims([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return c
}

func mapper(t *testing.T, change func(*Options)) *Provider {
	t.Helper()
	o := Options{
		Name: "ping", Issuer: "https://idp.example.com", ClientID: "c",
		Claims: ClaimMap{Email: []string{"email"}, Groups: []string{"groups"}, Username: []string{"preferred_username"}, Name: []string{"name"}},
	}
	if change != nil {
		change(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestGroupsComeInManyShapes(t *testing.T) {
	for _, test := range []struct {
		claim string
		want  []string
	}{
		{`["a","b"]`, []string{"a", "b"}},
		{`"a"`, []string{"a"}},
		{`"a,b"`, []string{"a,b"}}, // one group with a comma in its name
		{`[1,true]`, []string{"1", "true"}},
		{`["a",null,{"b":1},["c"]]`, []string{"a"}},
		{`[]`, nil},
		{`""`, nil},
		{`null`, nil},
		{`{"a":true}`, nil},
	} {
		who, err := mapper(t, nil).identify(layers{token: claimsOf(t, `{"sub":"ada","groups":`+test.claim+`}`)})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(test.want, who.Groups); diff != "" {
			t.Errorf("groups %s: -want +got\n%s", test.claim, diff)
		}
	}
}

func TestGroupsAreNeverCutShort(t *testing.T) {
	list := make([]any, 5000)
	for n := range list {
		list[n] = "g"
	}
	who, err := mapper(t, nil).identify(layers{token: identity.Claims{"sub": "ada", "groups": list}})
	if err != nil || len(who.Groups) != 5000 {
		t.Errorf("%d groups, %v", len(who.Groups), err)
	}
}

func TestIdentityIsMappedByPath(t *testing.T) {
	p := mapper(t, func(o *Options) {
		o.OnlyProvider = true
		o.Claims = ClaimMap{
			Email: []string{"mail", "email"}, Groups: []string{"realm_access.roles"},
			Username: []string{"https://example.com/user"}, Name: []string{"display.full"},
		}
		o.Keep = []string{"employee.id", "p1.region", "absent", "nothing", "employee"}
	})
	got, err := p.identify(layers{
		token: claimsOf(t, `{"iss":"https://idp.example.com","sub":"ada","mail":"","https://example.com/user":42,"realm_access":{"roles":["x"]},
			"p1.region":"EU","nothing":null,"employee":{"id":"7","n":1},"acr":"mfa","amr":"otp"}`),
		userinfo: claimsOf(t, `{"sub":"ada","email":"Ada@Example.com","display":{"full":"Ada L"},"acr":"x"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := identity.Identity{
		Provider: "ping", Issuer: "https://idp.example.com", Subject: "ada",
		Email: "Ada@Example.com", EmailVerified: true, Name: "Ada L", Username: "42",
		Groups: []string{"x"}, ACR: "mfa", AMR: []string{"otp"},
		Claims: identity.Claims{
			"employee.id": "7", "p1.region": "EU", "employee": map[string]any{"id": "7", "n": json.Number("1")},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, path := range []string{"employee.id", "p1.region", "employee.n"} {
		if _, ok := got.Claims.Lookup(path); !ok {
			t.Errorf("the kept %s is not found again", path)
		}
	}
}

// TestEmailVerified holds the contract's rule, and that a flag only speaks for
// the address it stands beside.
func TestEmailVerified(t *testing.T) {
	const refused = -1
	several := func(*Options) {}
	only := func(o *Options) { o.OnlyProvider = true }
	pingone := func(o *Options) { o.Type = "pingone" }
	domains := func(o *Options) { o.EmailDomains = []string{"Corp.example"} }
	always := func(o *Options) { o.RequireEmailVerified = "always" }
	never := func(o *Options) { o.RequireEmailVerified = "never" }
	upn := func(o *Options) { o.Claims.Email = []string{"upn"} }
	and := func(changes ...func(*Options)) func(*Options) {
		return func(o *Options) {
			for _, change := range changes {
				change(o)
			}
		}
	}
	for _, test := range []struct {
		name            string
		change          func(*Options)
		token, userinfo string // without sub
		want            int
	}{
		{"true", several, `"email":"a@corp.example","email_verified":true`, "", 1},
		{"false", several, `"email":"a@corp.example","email_verified":false`, "", 0},
		{"absent, several providers", several, `"email":"a@corp.example"`, "", 0},
		{"absent, only provider", only, `"email":"a@corp.example"`, "", 1},
		{"absent, PingOne", pingone, `"email":"a@corp.example"`, "", 1},
		{"absent, email_domains", domains, `"email":"a@CORP.example"`, "", 1},
		{"false, only provider", only, `"email":"a@corp.example","email_verified":false`, "", 0},
		{"string true", only, `"email":"a@corp.example","email_verified":"true"`, "", 0},
		{"number", only, `"email":"a@corp.example","email_verified":1`, "", 0},
		{"null", only, `"email":"a@corp.example","email_verified":null`, "", 0},
		{"list", only, `"email":"a@corp.example","email_verified":[true]`, "", 0},
		{"flag in capitals", several, `"email":"a@corp.example","Email_Verified":true`, "", 0},

		{"foreign domain", domains, `"email":"a@other.example","email_verified":true`, "", 0},
		{"longer domain in front", domains, `"email":"a@evil-corp.example","email_verified":true`, "", 0},
		{"longer domain behind", domains, `"email":"a@corp.example.evil.tld","email_verified":true`, "", 0},
		{"subdomain", domains, `"email":"a@x.corp.example","email_verified":true`, "", 0},
		{"final dot", domains, `"email":"a@corp.example.","email_verified":true`, "", 0},
		{"domain with the Kelvin sign", func(o *Options) { o.EmailDomains = []string{"kelvin.example"} }, `"email":"a@\u212aelvin.example","email_verified":true`, "", 0},
		{"foreign domain, never", and(domains, never), `"email":"a@other.example"`, "", 0},
		{"foreign domain, always", and(domains, always), `"email":"a@other.example","email_verified":true`, "", 0},

		{"two at signs", only, `"email":"a@evil@corp.example","email_verified":true`, "", 0},
		{"a list in one address", only, `"email":"a@corp.example,b@corp.example","email_verified":true`, "", 0},
		{"NUL", never, `"email":"a@corp.example\u0000"`, "", 0},
		{"no address", never, `"name":"x"`, "", 0},
		{"address a list", only, `"email":["a@corp.example"],"email_verified":true`, "", 0},

		{"always, true", always, `"email":"a@corp.example","email_verified":true`, "", 1},
		{"always, absent", and(always, pingone, only), `"email":"a@corp.example"`, "", refused},
		{"always, false", always, `"email":"a@corp.example","email_verified":false`, "", refused},
		{"always, string true", always, `"email":"a@corp.example","email_verified":"true"`, "", refused},
		{"always, no address", always, `"email_verified":true`, "", refused},
		{"always, unreadable address", always, `"email":"a@b@c","email_verified":true`, "", refused},
		{"never, false", never, `"email":"a@corp.example","email_verified":false`, "", 1},

		{"both from userinfo", several, ``, `"email":"a@corp.example","email_verified":true`, 1},
		{"false from userinfo", only, ``, `"email":"a@corp.example","email_verified":false`, 0},
		{"flag from userinfo for the same address", several, `"email":"a@corp.example"`, `"email":"a@corp.example","email_verified":true`, 1},
		{"false from userinfo for the same address", only, `"email":"a@corp.example"`, `"email":"a@corp.example","email_verified":false`, 0},
		{"flag from userinfo for another address", several, `"email":"boss@corp.example"`, `"email":"eve@evil.example","email_verified":true`, 0},
		{"false from userinfo for another address", only, `"email":"a@corp.example"`, `"email":"b@corp.example","email_verified":false`, 1},
		{"flag from userinfo beside no address", several, `"email":"boss@corp.example"`, `"email_verified":true`, 0},
		{"false from userinfo beside no address", only, `"email":"boss@corp.example"`, `"email_verified":false`, 0},
		{"flag of the ID token, address of userinfo", several, `"email_verified":true`, `"email":"boss@corp.example"`, 0},
		{"false of the ID token, address of userinfo", only, `"email_verified":false`, `"email":"boss@corp.example"`, 0},
		{"ID token before userinfo", several, `"email":"a@corp.example","email_verified":false`, `"email":"a@corp.example","email_verified":true`, 0},

		{"mapped elsewhere, flag about email", and(upn, several), `"upn":"boss@corp.example","email":"eve@evil.example","email_verified":true`, "", 0},
		{"mapped elsewhere, same address", and(upn, several), `"upn":"a@corp.example","email":"a@corp.example","email_verified":true`, "", 1},
		{"mapped elsewhere, flag alone", and(upn, several), `"upn":"boss@corp.example","email_verified":true`, "", 0},
		{"mapped elsewhere, only provider", and(upn, only), `"upn":"boss@corp.example","email":"eve@evil.example","email_verified":true`, "", 1},
		{"mapped elsewhere, false", and(upn, only), `"upn":"boss@corp.example","email":"x@y.example","email_verified":false`, "", 0},
		{"mapped elsewhere, userinfo vouches for it", and(upn, several), `"upn":"boss@corp.example","email":"eve@evil.example","email_verified":true`, `"email":"boss@corp.example","email_verified":true`, 1},
		{"mapped elsewhere, userinfo denies it", and(upn, only), `"upn":"boss@corp.example","email":"eve@evil.example","email_verified":true`, `"email":"boss@corp.example","email_verified":false`, 0},
		{"mapped elsewhere, always", and(upn, always), `"upn":"boss@corp.example","email":"eve@evil.example","email_verified":true`, "", refused},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := layers{token: claimsOf(t, withSub(test.token))}
			if test.userinfo != "" {
				l.userinfo = claimsOf(t, withSub(test.userinfo))
			}
			who, err := mapper(t, test.change).identify(l)
			if test.want == refused {
				wantReason(t, err, ReasonEmailNotVerified)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if who.EmailVerified != (test.want == 1) {
				t.Errorf("EmailVerified = %v for %q", who.EmailVerified, who.Email)
			}
		})
	}
}

func withSub(members string) string {
	if members == "" {
		return `{"sub":"ada"}`
	}
	return `{"sub":"ada",` + members + `}`
}

func TestUnreadableAddressIsStillShown(t *testing.T) {
	who, err := mapper(t, nil).identify(layers{token: claimsOf(t, `{"sub":"ada","email":"a@b@c"}`)})
	if err != nil || who.Email != "a@b@c" {
		t.Errorf("Email = %q, %v", who.Email, err)
	}
}

func TestKeptTellsConfigurationsApart(t *testing.T) {
	seen := map[string]string{}
	for name, change := range map[string]func(*Options){
		"base":     func(o *Options) { o.Keep = []string{"a", "b"} },
		"keep":     func(o *Options) { o.Keep = []string{"a", "c"} },
		"groups":   func(o *Options) { o.Keep = []string{"a", "b"}; o.Claims.Groups = []string{"roles"} },
		"email":    func(o *Options) { o.Keep = []string{"a", "b"}; o.RequireEmailVerified = "never" },
		"domains":  func(o *Options) { o.Keep = []string{"a", "b"}; o.EmailDomains = []string{"x"} },
		"only":     func(o *Options) { o.Keep = []string{"a", "b"}; o.OnlyProvider = true },
		"client":   func(o *Options) { o.Keep = []string{"a", "b"}; o.ClientID = "d" },
		"userinfo": func(o *Options) { o.Keep = []string{"a", "b"}; o.Userinfo = "never" },
	} {
		kept := mapper(t, change).Kept()
		if other, twice := seen[kept]; twice {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		if len(kept) != 12 {
			t.Errorf("fingerprint %q", kept)
		}
		seen[kept] = name
	}
	same := mapper(t, func(o *Options) {
		o.Keep = []string{"b", "a", "b"}
		o.ClientSecrets, o.DisplayName = []string{"x"}, "Company"
		o.Issuer = "https://other.example.com" // Issues tells
	}).Kept()
	if seen[same] != "base" {
		t.Error("order, secrets, names and issuers must not change the fingerprint")
	}
}
