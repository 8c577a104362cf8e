package gateway_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// TestCheckRefusesWhatAStartWouldRefuse: rules that only compiling knows are
// problems of the file too.
func TestCheckRefusesWhatAStartWouldRefuse(t *testing.T) {
	const file = `
session: {keys: ["${KEY}"]}
providers: [{name: p, type: oidc, issuer: "https://idp.example.com", client_id: a, client_secret: b}]
routes:
  - name: wiki
    from: https://wiki.example.com
    to: http://10.0.0.5:8080
    policy: [{allow: everyone}]
    headers: {%s}
`
	load := func(header string) *config.Config {
		text := strings.Replace(file, "%s", header, 1)
		c, err := config.LoadOptions{Getenv: func(string) string { return sessionKey }}.Parse("gatehouse.yaml", []byte(text))
		if err != nil {
			t.Fatalf("%s: %v", header, err)
		}
		return c
	}
	for _, header := range []string{`X-A: {claim: groups, join: "x"}`, `X-A: {value: " padded"}`} {
		var problems config.Problems
		if err := gateway.Check(load(header)); !errors.As(err, &problems) || !strings.Contains(err.Error(), `route wiki: header "X-A"`) {
			t.Errorf("%s: %v, want a problem that names route and header", header, err)
		}
	}
	if err := gateway.Check(load(`X-A: {claim: groups, join: ";"}`)); err != nil {
		t.Errorf("a good file: %v", err)
	}
}
