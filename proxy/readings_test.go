package proxy

import (
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// TestPermitsOpenNoWayRoundAnotherRoute: whatever an upstream makes of a path
// that a permit lets through, it is the same route's.
func TestPermitsOpenNoWayRoundAnotherRoute(t *testing.T) {
	all := Permit{EncodedSlash: true, DoubleSlash: true, Semicolon: true}
	rt := &Runtime{authPath: "/.auth"}
	site := siteWith("/", "/admin", "/public", "/strict")
	site.permit = all
	for _, route := range site.routes {
		route.permit = all
	}
	site.routes["/strict"].permit = Permit{}
	cases := []struct{ target, want string }{
		{"/a/b", "/"},
		{"/a//b", "/"},
		{"/a;x=1/b", "/"},
		{"/a%2Fb", "/"},
		{"/public//x", "/public"},
		{"/public/x;v=1", "/public"},
		{"/public/x%2Fy", "/public"},
		{"/public/", "/public"},
		{"/strict/x", "/strict"},

		{"//admin", ""},
		{"/admin;x", ""},
		{"/admin;x/y", ""},
		{"/;/admin", ""},
		{"/;x//admin", ""},
		{"///admin/x", ""},
		{"/public%2Fx", ""}, // a file of the root, or of /public
		{"/public%2F..", ""},
		{"/x%2Fadmin", "/"}, // "/x/admin" either way
		{"/admin%2fx", ""},
		{"//public", ""},
		{"/.auth;x/logout", ""},
		{"//.auth/me", ""},
		{"/strict//x", ""}, // its own permit is none
		{"/strict/x;y", ""},
	}
	for _, c := range cases {
		r := httptest.NewRequest("GET", "http://a"+c.target, nil)
		path, err := CanonicalPath(r.URL.EscapedPath(), site.permit)
		got := ""
		if err == nil {
			v := &visit{site: site, path: path, record: &telemetry.Record{}}
			if err = rt.enterRoute(r, v); err == nil {
				got = v.route.Name
			}
		}
		if got != c.want {
			t.Errorf("%s goes to %q (%v), want %q", c.target, got, err, c.want)
		}
	}
}
