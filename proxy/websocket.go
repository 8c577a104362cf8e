package proxy

import (
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/gatehouse-proxy/gatehouse/identity"
	"github.com/gatehouse-proxy/gatehouse/page"
)

// admitUpgrade refuses every upgrade but a WebSocket's from an origin that may
// open one. Pages of sibling subdomains are same-site, so the session cookie
// comes along with their handshakes, and no CORS check protects the answer.
//
// Programs that are no browsers send no Origin, and browsers always do
// (RFC 6455 section 4.1), so an absent one is fine. An upgrade header that
// Connection does not name is none and is dropped.
func (f *Forwarder) admitUpgrade(r *http.Request, v *Visit) (webSocket bool, err error) {
	if len(r.Header["Upgrade"]) == 0 || !httpguts.HeaderValuesContainsToken(r.Header["Connection"], "upgrade") {
		return false, nil
	}
	if !isWebSocket(r.Header) || r.Method != http.MethodGet || r.ProtoMajor != 1 || r.ProtoMinor < 1 || r.ContentLength != 0 {
		return false, &page.Error{Status: http.StatusBadRequest, Reason: "upgrade_not_allowed", Text: "This upgrade is not served here.", Close: true}
	}
	return true, f.admitOrigin(r, v.Scheme, v.Host)
}

// admitSocket is the same for a handshake that another proxy only describes.
// Upgrade and Connection are between that proxy and its client; the key comes
// along.
func (f *Forwarder) admitSocket(r *http.Request) error {
	if len(r.Header["Sec-Websocket-Key"]) == 0 && len(r.Header["Upgrade"]) == 0 {
		return nil
	}
	return f.admitOrigin(r, r.URL.Scheme, r.Host)
}

func (f *Forwarder) admitOrigin(r *http.Request, scheme, host string) error {
	switch origin := r.Header["Origin"]; len(origin) {
	case 0:
		return nil
	case 1:
		folded := identity.FoldASCII(origin[0])
		if folded == ownOrigin(scheme, host) || slices.Contains(f.origins, folded) {
			return nil
		}
	}
	return &page.Error{Status: http.StatusForbidden, Reason: "origin_not_allowed", Text: "This page may not open a connection here."}
}

// ownOrigin is the visited origin as browsers write it (RFC 6454 section 6.2).
func ownOrigin(scheme, host string) string {
	if scheme == "https" {
		host = strings.TrimSuffix(host, ":443")
	} else {
		host = strings.TrimSuffix(host, ":80")
	}
	return scheme + "://" + identity.FoldASCII(host)
}

func isWebSocket(h http.Header) bool {
	values := h["Upgrade"]
	return len(values) == 1 && identity.FoldASCII(values[0]) == "websocket"
}
