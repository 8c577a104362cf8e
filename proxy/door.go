package proxy

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/page"
)

// Door settles who knocks and what is asked for. Whom it trusts is decided
// here and nowhere else.
type Door struct {
	// Trusted are the peers whose forwarded headers are believed; TrustUnix
	// includes every peer of a unix socket.
	Trusted   []netip.Prefix
	TrustUnix bool
	// Believe names the forwarded headers that count, in canonical form.
	Believe []string
}

// arrival is what the door learnt from connection and headers.
type arrival struct {
	peer   netip.Addr // the client, the zero Addr when unknown
	scheme string     // "" when unknown
	host   string     // as sent, or as a trusted proxy tells
	proxy  bool       // a trusted proxy sent it
	told   bool       // peer is what that proxy says
}

// enter refuses what no route should see and settles peer, scheme, host and
// path. Afterwards r.Host and r.URL.Scheme are the public ones.
func (rt *Runtime) enter(w http.ResponseWriter, r *http.Request, v *visit) error {
	from, untrue := rt.door.arrive(r)
	v.peer, v.record.Peer, v.believed, v.told = from.peer, from.peer, from.proxy, from.told
	var err error
	if v.last, err = framed(r); err != nil {
		return err
	}
	if v.last {
		w.Header().Set("Connection", "close")
	}
	for _, refuse := range [...]func(*http.Request) error{
		refuseMethod, refuseTarget, refuseLength, refuseExpectation, refuseUpgrade, refuseSecondHost,
	} {
		if err := refuse(r); err != nil {
			return err
		}
	}
	if untrue != nil {
		return untrue
	}
	a, ok := parseAuthority(from.host)
	if !ok && from.host != "" { // without one, only /ok answers
		return malformedHost()
	}
	found, exact := rt.sites.find(a, from.scheme)
	var permit Permit
	if found != nil {
		r.URL.Scheme, r.Host, permit = found.scheme, found.public, found.permit
	} else {
		r.URL.Scheme, r.Host = from.scheme, a.String()
	}
	r.URL.Host = r.Host
	v.record.Host = r.Host
	if v.path, err = CanonicalPath(r.URL.EscapedPath(), permit); err != nil {
		return ambiguousPath(err)
	}
	v.record.Path = v.path
	if found != nil && !exact && !rt.verifies(v.path) {
		return rt.otherScheme(r, found, from.scheme)
	}
	if exact {
		v.site = found
	}
	return nil
}

// otherScheme answers a request whose scheme is known and has no site. Plain
// http is sent to https; only a connection or a trusted peer can have said so.
func (rt *Runtime) otherScheme(r *http.Request, s *site, scheme string) error {
	if scheme == "http" && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		return &moved{location: s.origin() + r.URL.RequestURI()}
	}
	return misdirected()
}

// arrive reads the connection and, from trusted peers only, the headers that
// are believed (CVE-2026-40575, CVE-2026-35051).
func (d *Door) arrive(r *http.Request) (arrival, error) {
	a := arrival{host: r.Host}
	if r.TLS != nil {
		a.scheme = "https"
	}
	peer, trusted := d.peer(r.RemoteAddr)
	a.peer, a.proxy = peer, trusted
	if !trusted {
		return a, nil
	}
	for _, name := range d.Believe {
		values := r.Header[name]
		if len(values) == 0 {
			continue
		}
		if err := d.believe(&a, name, values); err != nil {
			return a, &page.Error{
				Status: http.StatusBadRequest, Reason: "forwarded_header_malformed",
				Text: "A forwarding header is malformed.", Cause: err, Close: true,
			}
		}
	}
	return a, nil
}

// peer is the connection's other end and whether its headers are believed.
func (d *Door) peer(remote string) (netip.Addr, bool) {
	ap, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}, d.TrustUnix && !strings.Contains(remote, ":")
	}
	address := ap.Addr().Unmap().WithZone("")
	return address, d.trusts(address)
}

func (d *Door) trusts(address netip.Addr) bool {
	for _, prefix := range d.Trusted {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}
