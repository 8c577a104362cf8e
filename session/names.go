package session

import (
	"fmt"
	"net/http"
)

// origin is what a sealed value is bound to, as the door resolved it.
type origin struct {
	scheme string // "https" or "http"
	host   string // with its port, as in the request
}

func originOf(r *http.Request) origin {
	o := origin{scheme: "http", host: r.Host}
	if r.URL != nil && r.URL.Scheme == "https" {
		o.scheme = "https"
	}
	return o
}

func (o origin) secure() bool { return o.scheme == "https" }

// Names are the cookies that belong to Gatehouse: <name> and its pieces
// <name>.1 to <name>.3, and <name>-… for sign-ins under way. On https each
// begins with "__Host-", which keeps sibling subdomains and plaintext from
// setting it (RFC 6265bis section 4.1.3.2).
type Names struct {
	name  string            // ASCII lower case, for comparing
	plain [maxPieces]string // on http
	host  [maxPieces]string // on https
}

// hostPrefix makes browsers insist on Secure, Path=/ and no Domain.
const hostPrefix = "__Host-"

// NewNames takes the configured cookie name: 1 to 64 of A-Z a-z 0-9 _ and -,
// without a prefix of its own.
func NewNames(name string) (Names, error) {
	if name == "" || len(name) > 64 {
		return Names{}, fmt.Errorf("cookie name %.80q is empty or longer than 64 bytes", name)
	}
	for i := range len(name) {
		if c := name[i]; !isAlphanumeric(c) && c != '_' && c != '-' {
			return Names{}, fmt.Errorf("cookie name %q holds more than letters, digits, - and _", name)
		}
	}
	if trimPrefixes(name) != name {
		return Names{}, fmt.Errorf("cookie name %q brings a prefix; %s is put before it on https", name, hostPrefix)
	}
	n := Names{name: name}
	for i := range maxPieces {
		piece := name
		if i > 0 {
			piece = fmt.Sprintf("%s.%d", name, i)
		}
		n.plain[i], n.host[i] = piece, hostPrefix+piece
	}
	return n, nil
}

// session returns the names of the session cookie's pieces.
func (n *Names) session(o origin) *[maxPieces]string {
	if o.secure() {
		return &n.host
	}
	return &n.plain
}

// attempt returns the name of the attempt cookie with this tag.
func (n *Names) attempt(o origin, tag string) string {
	return n.session(o)[0] + "-" + tag
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
