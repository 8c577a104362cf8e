package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// TestTheTestsThatPoliciesShowsPass: with a policy as it is described there.
func TestTheTestsThatPoliciesShowsPass(t *testing.T) {
	const around = `
session: {keys: ["${GATEHOUSE_KEY}"]}
providers: [{name: corp, type: oidc, issuer: https://idp.example.com, client_id: a}]
routes:
  - {name: wiki, from: https://wiki.example.com, to: http://10.0.0.5:8080, policy: {allow: {group: engineering}}}
`
	shown := regexp.MustCompile("(?s)```yaml\n(tests:.*?)```").FindStringSubmatch(read(t, "policies.md"))
	if shown == nil {
		t.Fatal("policies.md shows no tests")
	}
	c, err := config.LoadOptions{PlaceholderSecrets: true}.Parse("policies.md", []byte(around+shown[1]))
	if err != nil {
		t.Fatal(err)
	}
	b, err := gateway.CompileToExplain(c)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	results := b.RunTests()
	if len(results) != strings.Count(shown[1], "name: ") {
		t.Errorf("ran %d of the tests", len(results))
	}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s: %v", r.Name, r.Differences)
		}
	}
}
