package provider

import (
	"net/url"
	"strings"
	"testing"
)

func TestEndSessionURL(t *testing.T) {
	const back = "https://wiki.example.com/.auth/signed-out"
	for name, c := range map[string]struct {
		discovery object
		change    func(*Options)
		hint      string
		want      string // "" is nowhere; IDP stands for the provider
	}{
		"with a hint":     {object{"end_session_endpoint": "IDP/end"}, nil, "the.id.token", "IDP/end?client_id=gatehouse&id_token_hint=the.id.token&post_logout_redirect_uri=BACK&state=st"},
		"without":         {object{"end_session_endpoint": "IDP/end"}, nil, "", "IDP/end?client_id=gatehouse&post_logout_redirect_uri=BACK&state=st"},
		"its own query":   {object{"end_session_endpoint": "IDP/end?p=1"}, nil, "", "IDP/end?client_id=gatehouse&p=1&post_logout_redirect_uri=BACK&state=st"},
		"a huge hint":     {object{"end_session_endpoint": "IDP/end"}, nil, strings.Repeat("a", 7000), "IDP/end?client_id=gatehouse&post_logout_redirect_uri=BACK&state=st"},
		"none":            {nil, nil, "the.id.token", ""},
		"not over TLS":    {object{"end_session_endpoint": "http://idp.example.com/end"}, nil, "", ""},
		"configured":      {nil, func(o *Options) { o.Endpoints.EndSession = "https://idp.example.com/bye" }, "", "https://idp.example.com/bye?client_id=gatehouse&post_logout_redirect_uri=BACK&state=st"},
		"startSLO":        {object{"ping_end_session_endpoint": "IDP/idp/startSLO.ping"}, nil, "the.id.token", "IDP/idp/startSLO.ping?TargetResource=BACK"},
		"the new of both": {object{"ping_end_session_endpoint": "IDP/idp/startSLO.ping", "end_session_endpoint": "IDP/end"}, nil, "", "IDP/end?client_id=gatehouse&post_logout_redirect_uri=BACK&state=st"},
		"idpSignoff": {object{"end_session_endpoint": "IDP/as/idpSignoff"}, nil, "the.id.token",
			"IDP/as/idpSignoff?client_id=gatehouse&id_token_hint=the.id.token&post_logout_redirect_uri=BACK&state=st"},
		"idpSignoff without a hint": {object{"end_session_endpoint": "IDP/as/idpSignoff"}, nil, "", ""},
		"PingOne, another host's hint": {nil, func(o *Options) {
			o.Type, o.Endpoints.EndSession = "pingone", "https://auth.example.com/as/signoff"
		}, "the.id.token", "https://auth.example.com/as/signoff?client_id=gatehouse&post_logout_redirect_uri=BACK&state=st"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIDP(t)
			i.discovery = object{}
			for key, v := range c.discovery {
				i.discovery[key] = strings.Replace(v.(string), "IDP", i.URL, 1)
			}
			got, err := i.client(c.change).EndSessionURL(t.Context(), SignOut{IDToken: c.hint, RedirectURI: back, State: "st"})
			want := strings.NewReplacer("IDP", i.URL, "BACK", url.QueryEscape(back)).Replace(c.want)
			if err != nil || got != want {
				t.Errorf("got %q, %v\nwant %q", got, err, want)
			}
		})
	}
}

// TestSignOutDoesNotWaitForAProviderThatIsDown: there is nothing to be done
// there, and the person wants to leave.
func TestSignOutDoesNotWaitForAProviderThatIsDown(t *testing.T) {
	i := newIDP(t)
	i.on("/.well-known/openid-configuration", status503)
	if _, err := i.client(nil).EndSessionURL(t.Context(), SignOut{}); reason(t, err) != ReasonFailing {
		t.Errorf("got %v", err)
	}
}
