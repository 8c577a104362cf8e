package config

import "testing"

// TestShapesOfPingAddressesAreMended: what people paste, and what it should be.
func TestShapesOfPingAddressesAreMended(t *testing.T) {
	const env = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
	refuses(t, aroundProviders, []promise{
		{`providers: [{name: a, type: pingone, client_id: a, environment_id: "https://auth.pingone.eu/` + env + `/as"}]`,
			`2:68: providers[0].environment_id: "https://auth.pingone.eu/` + env + `/as" is not a UUID like ` + env + `; did you mean "` + env + `"?`},
		{`providers: [{name: a, type: pingone, client_id: a, environment_id: ` + env + `, issuer: https://auth.pingone.eu/00000000-0000-4000-8000-000000000000/as}]`,
			`2:114: providers[0].issuer: is of another environment than environment_id; one provider is one environment; did you mean "https://auth.pingone.eu/` + env + `/as"?`},
		{`providers: [{name: a, type: pingone, client_id: a, issuer: [https://auth.pingone.eu/` + env + `/as, https://auth.pingone.com/00000000-0000-4000-8000-000000000000/as]}]`,
			`2:126: providers[0].issuer[1]: is of another environment than the issuer before it; one provider is one environment; did you mean "https://auth.pingone.com/` + env + `/as"?`},
		{`providers: [{name: a, type: pingone, client_id: a, region: na, environment_id: ` + env + `, issuer: https://auth.pingone.eu/` + env + `/as}]`,
			`2:126: providers[0].issuer: is not in region na; did you mean "https://auth.pingone.com/` + env + `/as"?`},
		{`providers: [{name: a, type: pingone, client_id: a, issuer: https://auth.pingone.us/` + env + `/as}]`,
			`2:60: providers[0].issuer: is at none of PingOne's regions, which are auth.pingone.com, .ca, .eu, .com.au, .sg and .asia`},
		{`providers: [{name: a, type: pingone, client_id: a, issuer: [https://auth.example.com/as, https://auth.example.com/as/]}]`,
			`2:90: providers[0].issuer[1]: must not end with /; did you mean "https://auth.example.com/as"?`},
		{`providers: [{name: a, type: pingone, client_id: a, environment_id: ` + env + `, realm: alpha}]`,
			`2:113: providers[0].realm: belongs to type pingone_aic, not to pingone; remove it or change type`},
		{`providers: [{name: a, type: oidc, issuer: https://i.example.com, client_id: a, custom_domain: x}]`,
			`2:95: providers[0].custom_domain: belongs to type pingone and pingone_aic, not to oidc; remove it or change type`},
		{`providers: [{name: a, type: pingone_enterprise, client_id: a, issuer: https://sso.connect.pingidentity.com/}]`,
			`2:71: providers[0].issuer: must not end with /; did you mean "https://sso.connect.pingidentity.com"?`},
		{`providers: [{name: a, type: pingone_aic, client_id: a}]`,
			`2:13: providers[0].tenant: is missing; it is the host of the admin console, like example.forgeblocks.com (or give custom_domain)`},
		{`providers: [{name: a, type: pingone_aic, client_id: a, tenant: "https://example.forgeblocks.com/am"}]`,
			`2:64: providers[0].tenant: must be a host name alone, like example.forgeblocks.com; did you mean "example.forgeblocks.com"?`},
		{`providers: [{name: a, type: pingone_aic, client_id: a, tenant: example.forgeblocks.com/}]`,
			`2:64: providers[0].tenant: must be a host name alone, like example.forgeblocks.com; did you mean "example.forgeblocks.com"?`},
		{`providers: [{name: a, type: pingone_aic, client_id: a, tenant: example.forgeblocks.com, realm: root/realms/alpha}]`,
			`2:96: providers[0].realm: "root/realms/alpha" is not a realm's name, like alpha`},
		{`providers: [{name: a, type: pingone_aic, client_id: a, issuer: https://example.forgeblocks.com}]`,
			`2:64: providers[0].issuer: lacks the /am/oauth2/realms/root/realms/… of Advanced Identity Cloud's issuers; did you mean "https://example.forgeblocks.com/am/oauth2/realms/root/realms/alpha"?`},
		{`providers: [{name: a, type: pingfederate, client_id: a}]`,
			`2:13: providers[0].base_url: is missing; it is PingFederate's base URL, like https://sso.example.com:9031`},
		{`providers: [{name: a, type: pingfederate, client_id: a, base_url: https://sso.example.com/as}]`,
			`2:67: providers[0].base_url: must be scheme and host alone; it replaces those of what the type builds`},
	})
	accepts(t, aroundProviders,
		`providers: [{name: a, type: pingone, client_id: a, environment_id: `+env+`, region: eu, issuer: [https://auth.example.com/as, https://auth.pingone.eu/`+env+`/as]}]`,
		`providers: [{name: a, type: oidc, issuer: [https://i.example.com, https://j.example.com], client_id: a}]`,
		`providers: [{name: a, type: pingone_enterprise, client_id: a, issuer: https://sso.connect.pingidentity.com}]`,
		`providers: [{name: a, type: pingone_enterprise, client_id: a}]`,
		`providers: [{name: a, type: pingone_aic, client_id: a, tenant: example.forgeblocks.com, realm: bravo}]`,
		`providers: [{name: a, type: pingone_aic, client_id: a, tenant: example.forgeblocks.com, issuer: https://example.forgeblocks.com/am/oauth2/alpha}]`,
		`providers: [{name: a, type: pingfederate, client_id: a, base_url: "https://sso.example.com:9031", policy_id: staff, issuer: https://virtual.example.com}]`,
	)
}
