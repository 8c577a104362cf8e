package config

import (
	"os"
	"strings"
	"testing"
)

// FuzzParse: no text makes Parse panic, and no error shows what came out of an
// expansion, wherever it stands.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/broken.yaml", "testdata/whole.yaml"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	for _, text := range []string{
		smallest, "a: &a [*a]", "<<: {<<: []}", "? [x]\n: y", "headers: {${A}}", "a: !!binary x", "\ufeffa: b", "a: |\n  x\n",
		"routes: [{from: \"${S}://${S}@${S}:${S}/${S}?${S}#${S}\", to: \"${S}\", policy: \"${S}\"}]",
		"log: {level: \"${S}\", access: \"${S}\"}\nserver: {max_header_bytes: \"${S}\", shutdown_timeout: \"${S}\", trusted_proxies: \"${S}/8\"}",
		"session: {keys: \"${S}\", store: \"${S}\", after_sign_out: \"//${S}\", cookie: {name: \"__Host-${S}\"}}",
		"providers: [{name: \"${S}\", type: pingone, issuer: \"https://${S}/davinci\", custom_domain: \"https://${S}\", client_auth: \"client_secret_${S}\"}]",
		"policies: {a: {allow: [{claim: {path: \"${S}..\", matches: \"(${S}\"}}, {method: \"${S}\"}, {path: \"${S}\"}, {ip: \"${S}\"}]}}",
	} {
		f.Add(text)
	}
	const secret = "plantedsecret"
	o := LoadOptions{Getenv: func(string) string { return secret }, ReadFile: func(string) ([]byte, error) { return []byte(secret), nil }}
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "planted") {
			t.Skip("the text itself holds the secret")
		}
		c, err := o.Parse("fuzz.yaml", []byte(text))
		if (c == nil) == (err == nil) {
			t.Fatalf("got %v and %v", c, err)
		}
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("a message shows the secret: %v", err)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without a problem")
		}
	})
}
