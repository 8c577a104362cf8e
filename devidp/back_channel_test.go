package devidp_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
)

// TestClientsAreToldOfASignOff: the token says who and which session.
func TestClientsAreToldOfASignOff(t *testing.T) {
	told := make(chan string, 1)
	client := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { told <- r.PostFormValue("logout_token") }))
	t.Cleanup(client.Close)
	c := confidential()
	c.BackChannelLogoutURI = client.URL
	idp := idptest.Start(t, devidp.Options{Clients: []devidp.Client{c}})
	idp.AutoLogin("ana.kovacs")
	_, id := newParty(t, idp, c).signIn()
	if idp.LogoutToken(c.ID, "ben.osei", nil) != "" {
		t.Error("a token about somebody who is not signed in")
	}
	idp.EndSessions("ana.kovacs")
	parts := strings.Split(<-told, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if claims["sub"] != id["sub"] || claims["sid"] != id["sid"] || claims["aud"] != c.ID || claims["events"] == nil || claims["nonce"] != nil {
		t.Errorf("claims %v of a session %v", claims, id)
	}
}
