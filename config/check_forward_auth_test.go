package config

import (
	"strings"
	"testing"
)

// TestForwardAuthWarnsOfWhatItCannotDo and leaves alone who does not use it.
func TestForwardAuthWarnsOfWhatItCannotDo(t *testing.T) {
	const trusting = head + "server: {trusted_proxies: [127.0.0.1]}\n"
	for _, c := range []struct{ name, text, want string }{
		{"sessions in cookies", trusting + "routes: [{from: \"https://a.example.com\", policy: public}]\n", "nginx hands one Set-Cookie on"},
		{"a key for forwarding", trusting + "routes: [{from: \"https://a.example.com\", policy: public, max_body: 1MiB}]\n", "routes[0].max_body: has no effect without to"},
		{"forwarding", trusting + "routes: [{from: \"https://a.example.com\", to: \"http://127.0.0.1:1\", policy: public, max_body: 1MiB}]\n", ""},
	} {
		warnings := ""
		for _, w := range mustParse(t, c.text).Warnings() {
			warnings += w + "\n"
		}
		if c.want != "" && !strings.Contains(warnings, c.want) || c.want == "" && (strings.Contains(warnings, "Set-Cookie") || strings.Contains(warnings, "no effect")) {
			t.Errorf("%s: warnings %q, want %q", c.name, warnings, c.want)
		}
	}
}
