package devidp_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestDiscoveryDocumentIsPingOneShaped(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{})
	res, err := http.Get(idp.Issuer() + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var document any
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	e := json.NewEncoder(&got)
	e.SetIndent("", "  ")
	if err := e.Encode(document); err != nil {
		t.Fatal(err)
	}
	base := strings.TrimSuffix(idp.Issuer(), "/"+devidp.EnvironmentID+"/as")
	text := strings.ReplaceAll(got.String(), base, "http://HOST")
	const golden = "testdata/discovery.json"
	if *update {
		if err := os.WriteFile(golden, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("discovery document (-want +got):\n%s", diff)
	}
}

func TestNothingOutsideTheIssuersPath(t *testing.T) {
	idp := idptest.Start(t, devidp.Options{})
	base := strings.TrimSuffix(idp.Issuer(), "/"+devidp.EnvironmentID+"/as")
	for _, path := range []string{"/", "/token", "/.well-known/openid-configuration", "/" + devidp.EnvironmentID + "/as", "/" + devidp.EnvironmentID + "/as/device_authorization", "/" + devidp.EnvironmentID + "/as/healthz"} {
		res, err := http.Get(base + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	good := func() devidp.Options {
		return devidp.Options{Issuer: "http://127.0.0.1:9/e/as", Clients: []devidp.Client{confidential()}, Users: devidp.DemoUsers()}
	}
	if _, err := devidp.New(good()); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*devidp.Options){
		"no issuer":              func(o *devidp.Options) { o.Issuer = "" },
		"trailing slash":         func(o *devidp.Options) { o.Issuer += "/" },
		"query":                  func(o *devidp.Options) { o.Issuer += "?a=b" },
		"no scheme":              func(o *devidp.Options) { o.Issuer = "127.0.0.1/as" },
		"client without an id":   func(o *devidp.Options) { o.Clients[0].ID = "" },
		"unknown client auth":    func(o *devidp.Options) { o.Clients[0].Auth = "private_key_jwt" },
		"secret is missing":      func(o *devidp.Options) { o.Clients[0].Auth = "client_secret_post"; o.Clients[0].Secret = "" },
		"two of one user name":   func(o *devidp.Options) { o.Users[1].Username = o.Users[0].Username },
		"two of one subject":     func(o *devidp.Options) { o.Users[1].Subject = o.Users[0].Subject },
		"user without a subject": func(o *devidp.Options) { o.Users[0].Subject = "" },
	} {
		o := good()
		spoil(&o)
		if _, err := devidp.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
