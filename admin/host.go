package admin

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
)

// withHost refuses every Host but loopback and the listed ones, so that a page
// whose name was rebound to our address cannot read through a browser.
func withHost(hosts []string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.SetHeaders(w.Header(), r.TLS != nil)
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.TrimSuffix(identity.FoldASCII(strings.Trim(host, "[]")), ".")
		address, err := netip.ParseAddr(host)
		loopback := host == "localhost" || err == nil && address.Unmap().IsLoopback()
		if !loopback && !slices.ContainsFunc(hosts, func(h string) bool { return identity.FoldASCII(h) == host }) {
			Fail(w, r, http.StatusMisdirectedRequest, "host_unlisted", "This host name is not listed in server.admin.hosts.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// foreignRead reports that a page of another site made the browser ask for
// something that is no page: it could not read the answer, but a picture from
// /debug/pprof/profile would cost as much. Following a link is fine.
func foreignRead(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
		return false
	}
	return !page.Navigation(r)
}

// ownOrigin reports that no page of another origin sent the request. Browsers
// name the origin of every POST; curl and the command line have none. SameSite
// would not do: ports and siblings are one site.
func ownOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return false
	}
	origins := r.Header.Values("Origin")
	if len(origins) == 0 {
		return true
	}
	u, err := url.Parse(origins[0])
	return err == nil && len(origins) == 1 && (u.Scheme == "http" || u.Scheme == "https") &&
		identity.FoldASCII(u.Host) == identity.FoldASCII(r.Host)
}
