package examples_test

import (
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// TestTheTestsOfTheExamplePass, as `gatehouse test` runs them.
func TestTheTestsOfTheExamplePass(t *testing.T) {
	c, err := config.LoadOptions{PlaceholderSecrets: true}.Load("policies.yaml")
	if err != nil {
		t.Fatal(err)
	}
	b, err := gateway.CompileToExplain(c)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	results := b.RunTests()
	if len(results) < 5 {
		t.Errorf("only %d tests", len(results))
	}
	for _, r := range results {
		if !r.Passed {
			t.Errorf("%s: %v", r.Name, r.Differences)
		}
	}
}
