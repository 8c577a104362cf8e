package proxy

import (
	"fmt"
	"strings"
	"testing"
)

// siteWith makes a site of routes named after their prefixes.
func siteWith(prefixes ...string) *site {
	s := &site{scheme: "https", host: "a", port: "443", public: "a", routes: map[string]*Route{}}
	for _, prefix := range prefixes {
		s.routes[prefix] = &Route{Name: prefix, prefix: prefix}
		s.longest = max(s.longest, len(prefix))
	}
	return s
}

func TestLongestPrefixAtSegmentBoundsWins(t *testing.T) {
	s := siteWith("/", "/docs", "/docs/internal", "/d")
	cases := []struct{ path, want string }{
		{"/", "/"},
		{"/x", "/"},
		{"/docs", "/docs"},
		{"/docs/", "/docs"},
		{"/docs/a/b/c", "/docs"},
		{"/docsecret", "/"},
		{"/docs.txt", "/"},
		{"/docs/internal", "/docs/internal"},
		{"/docs/internal/", "/docs/internal"},
		{"/docs/internal/x", "/docs/internal"},
		{"/docs/internals", "/docs"},
		{"/docs/intern", "/docs"},
		{"/d", "/d"},
		{"/d/x", "/d"},
		{"/do", "/"},
		{"/Docs", "/"},
		{"//docs", "/"},
		{"/" + strings.Repeat("x/", 20000), "/"},
	}
	for _, c := range cases {
		got, err := s.route(c.path)
		if err != nil || got.Name != c.want {
			t.Errorf("route(%.40q) = %v, %v; want %s", c.path, got, err, c.want)
		}
	}
}

func TestPathWithoutARouteHasNone(t *testing.T) {
	s := siteWith("/docs", "/wiki/a")
	for _, path := range []string{"/", "/x", "/doc", "/docsx", "/wiki", "/wiki/", "/wiki/ab", "/wiki/b/a"} {
		if got, err := s.route(path); err == nil {
			t.Errorf("route(%q) = %s, want none", path, got.Name)
		}
	}
}

func TestHostAndPortAndSchemeChooseTheSite(t *testing.T) {
	all := newSites()
	https := all.add("https", "both", "")
	http := all.add("http", "both", "")
	odd := all.add("https", "odd", "8443")
	plain := all.add("http", "plain", "")
	cases := []struct {
		host, port, scheme string
		want               *site
		exact              bool
	}{
		{"both", "", "", https, true},
		{"both", "", "https", https, true},
		{"both", "", "http", http, true},
		{"both", "443", "https", https, true},
		{"both", "80", "http", http, true},
		{"both", "80", "https", http, false},
		{"both", "8443", "", nil, false},
		{"odd", "8443", "", odd, true},
		{"odd", "8443", "https", odd, true},
		{"odd", "8443", "http", odd, false},
		{"odd", "", "https", nil, false},
		{"odd", "443", "https", nil, false},
		{"plain", "", "", plain, true},
		{"plain", "80", "", plain, true},
		{"plain", "", "https", plain, false},
		{"plain", "443", "https", nil, false},
		{"other", "", "", nil, false},
	}
	for _, c := range cases {
		got, exact := all.find(authority{c.host, c.port}, c.scheme)
		if got != c.want || exact != c.exact {
			t.Errorf("find(%s:%s, %q) = %v, %v; want %v, %v", c.host, c.port, c.scheme, got, exact, c.want, c.exact)
		}
	}
}

// TestAWildcardStandsForOneLabel: of hosts that no site has by name, at the
// wildcard's port and scheme.
func TestAWildcardStandsForOneLabel(t *testing.T) {
	all := newSites()
	all.add("https", "*.example.com", "").routes["/"] = &Route{}
	all.add("https", "*.deep.example.com", "8443").routes["/"] = &Route{}
	all.add("https", "named.example.com", "8443").routes["/"] = &Route{}
	all.add("https", "auth.example.com", "") // has no route
	for origin, found := range map[string]bool{
		"https://a.example.com":                               true,
		"https://xn--bcher-kva.example.com":                   true,
		"https://a.deep.example.com:8443":                     true,
		"https://named.example.com:8443":                      true,
		"https://deep.example.com":                            true, // a label like others
		"https://named.example.com":                           false,
		"https://auth.example.com":                            false,
		"https://a.deep.example.com":                          false,
		"https://a.b.example.com":                             false,
		"https://example.com":                                 false,
		"https://.example.com":                                false,
		"https://*.example.com":                               false,
		"https://-.example.com":                               false,
		"https://a.example.com.":                              false,
		"https://A.example.com":                               false,
		"https://bücher.example.com":                          false,
		"https://a.example.com:443":                           false,
		"https://a.example.com:8443":                          false,
		"http://a.example.com":                                false,
		"https://evilexample.com":                             false,
		"https://a.evilexample.com":                           false,
		"https://a.example.com.evil.example":                  false,
		"https://a.example.com@evil.example":                  false,
		"https://" + strings.Repeat("a", 64) + ".example.com": false,
		"https://" + strings.Repeat("a", 63) + ".example.com": true,
	} {
		if got := (Routes{&Runtime{sites: all}}).IsOrigin(origin); got != found {
			t.Errorf("IsOrigin(%s) = %v", origin, got)
		}
	}
	for host, to := range map[string]string{ // where plain http is sent
		"a.example.com": "https://a.example.com", "a.deep.example.com": "https://a.deep.example.com:8443", "auth.example.com": "https://auth.example.com",
		"named.example.com": "https://named.example.com:8443", "a.b.example.com": "", "evilexample.com": "",
	} {
		if found := all.secure(host); found == nil && to != "" || found != nil && found.origin() != to {
			t.Errorf("secure(%s) = %v, want %q", host, found, to)
		}
	}
	a, _ := all.find(authority{"a.example.com", ""}, "https")
	if b, _ := all.find(authority{"b.example.com", ""}, "https"); a.origin() != "https://a.example.com" || b.visited() != "https://b.example.com" {
		t.Errorf("visited %s and %s", a.origin(), b.visited())
	}
}

func BenchmarkRoute1000(b *testing.B) {
	var prefixes []string
	for i := range 1000 {
		prefixes = append(prefixes, fmt.Sprintf("/team-%d/app", i))
	}
	s := siteWith(prefixes...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.route("/team-500/app/some/page"); err != nil {
			b.Fatal(err)
		}
	}
}
