package main

import (
	"slices"
	"testing"
)

// TestDemoSignsPeopleOutOfTheGatewayThatItLendsTo: whoever names a redirect URI
// means to come back from the provider after a sign-out too.
func TestDemoSignsPeopleOutOfTheGatewayThatItLendsTo(t *testing.T) {
	d := &demo{}
	d.lend("http://127.0.0.1:18080/.auth/callback/demo", "http://localhost:9/own/callback/corp", "http://127.0.0.1:1/elsewhere")
	want := []string{"http://127.0.0.1:18080/.auth/signed-out", "http://localhost:9/own/signed-out"}
	if !slices.Equal(d.signedOutURLs, want) || len(d.redirectURIs) != 3 {
		t.Errorf("lent for %q and %q", d.redirectURIs, d.signedOutURLs)
	}
}
