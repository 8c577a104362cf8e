package config

import (
	"bytes"
	"encoding/hex"
	"os"
	"testing"
)

func TestAddressesComeOutInCanonicalForm(t *testing.T) {
	for _, tt := range []struct{ from, want string }{
		{"https://WIKI.Example.com", "https://wiki.example.com"},
		{"https://wiki.example.com/", "https://wiki.example.com"},
		{"https://wiki.example.com.:443/Docs/", "https://wiki.example.com/Docs"},
		{"http://localhost:80", "http://localhost"},
		{"https://wiki.example.com:80", "https://wiki.example.com:80"},
		{"https://[2001:DB8:0::1]:443/a", "https://[2001:db8::1]/a"},
		{"https://wiki.example.com/a%20b", "https://wiki.example.com/a%20b"},
	} {
		c := mustParse(t, around("routes: [{from: \""+tt.from+"\", to: http://a, policy: public}]"))
		if got := c.Routes[0].From.String(); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.from, got, tt.want)
		}
		if c.Routes[0].Name != tt.want {
			t.Errorf("%s is called %s", tt.from, c.Routes[0].Name)
		}
	}
}

func TestWholeFileIsRead(t *testing.T) {
	whole, err := os.ReadFile("testdata/whole.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c := mustParse(t, string(whole))
	r := c.Routes[0]
	if r.From.String() != "https://wiki.example.com/docs" || r.WebsocketOrigins[0] != "https://other.example.com" || r.MaxBody != 10<<20 {
		t.Errorf("route is %+v", r)
	}
	if value, given := r.Headers["X-Forwarded-Groups"]; value != nil || !given || r.Headers["X-Teams"].Join != ";" || r.Headers["X-Employee-Id"].Join != "," {
		t.Errorf("headers are %+v", r.Headers)
	}
	if len(r.Policy.Rules) != 8 || r.Policy.Name != "staff" || c.Routes[1].Policy.Rules[0].Action != "bypass" {
		t.Errorf("policies are %+v", r.Policy)
	}
	if got := c.Server.TrustedProxies; got[1].Prefix.String() != "192.0.2.1/32" || !got[2].Unix {
		t.Errorf("trusted proxies are %+v", got)
	}
	if c.Providers[0].ClientID != "1234" || c.Session.Idle != 0 || !c.Routes[1].InsecureHTTP {
		t.Error("values are not as written")
	}
	if p := r.Policy.Rules[5].Include[0].Claim.Matches; !p.MatchString("rd") || p.MatchString("xrd") || p.MatchString("rd\nx") {
		t.Error("the expression is not anchored at both ends")
	}
}

// 64 hex digits are valid base64 too, of 48 other bytes.
func TestHexIsDecidedBeforeBase64(t *testing.T) {
	want, err := hex.DecodeString(testKey)
	if err != nil {
		t.Fatal(err)
	}
	c := mustParse(t, aroundSession(`session: {keys: ["`+testKey+`", jzwKbl0bSXKObw86m31eHypMa40OHzpce50uT2qMCx0=, jzwKbl0bSXKObw86m31eHypMa40OHzpce50uT2qMCx0, _-8Kbl0bSXKObw86m31eHypMa40OHzpce50uT2qMCx0=]}`))
	keys := c.Session.KeyBytes()
	if len(keys) != 4 || !bytes.Equal(keys[0], want) {
		t.Fatalf("keys are %x", keys)
	}
	for _, key := range keys {
		if len(key) != 32 {
			t.Errorf("key of %d bytes", len(key))
		}
	}
	for _, bad := range []string{"", "=", testKey[:63], testKey + "00", "jzwKbl0bSXKObw86m31eHypMa40OHzpce50uT2qMCx1=", "jzwKbl0bSXKObw86\nm31eHypMa40OHzpce50uT2qMCx0="} {
		if _, ok := keyBytes(bad); ok {
			t.Errorf("%q passes for a key", bad)
		}
	}
}
