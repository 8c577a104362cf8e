package docs_test

import (
	"path/filepath"
	"regexp"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// TestProviderGuidesLoad: every block of a guide that begins with providers is
// one that check accepts.
func TestProviderGuidesLoad(t *testing.T) {
	guides, err := filepath.Glob("providers/*.md")
	if err != nil || len(guides) == 0 {
		t.Fatalf("found %q, %v", guides, err)
	}
	for _, guide := range guides {
		blocks := regexp.MustCompile("(?ms)^```yaml\n(providers:.*?)^```").FindAllStringSubmatch(read(t, guide), -1)
		if len(blocks) == 0 {
			t.Errorf("%s has no configuration", guide)
		}
		for _, block := range blocks {
			file := "session: {keys: \"${KEY}\"}\n" + block[1] + "routes: [{from: https://wiki.example.com, to: http://127.0.0.1:1, policy: [{allow: everyone}]}]\n"
			c, err := config.LoadOptions{PlaceholderSecrets: true}.Parse(guide, []byte(file))
			if err == nil {
				err = gateway.Check(c)
			}
			if err != nil {
				t.Errorf("%v\nin\n%s", err, block[1])
			}
		}
	}
}
