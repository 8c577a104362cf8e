package proxy

// A family is a name and every name that goes on behind it with a "-". These
// say who is calling, from where, by which scheme or for which address, and
// applications believe them because a gateway is thought to have set them. No
// browser sends any. The first lines are the contract's, the others are other
// products' words for the same, which an application that used to live behind
// them may still read.
var families = []string{
	"x-forwarded", "x-auth-request", "x-original", "cf-access", "x-gatehouse",
	// Whole families of the contract's single names: Remote-User comes with
	// Remote-Groups and Remote-Email, X-Remote-User with X-Remote-Extra-…
	"remote", "x-remote",
	// Instructions from a gateway to what is behind it, to send files above all.
	"x-accel", "x-sendfile",
	// Client certificates (RFC 9440 section 4: sanitise).
	"client-cert", "x-client-cert", "x-ssl-client", "ssl-client",
	// Who is calling, as other gateways say it.
	"x-amzn-oidc", "x-goog-authenticated-user", "x-goog-iap", "x-ms-client-principal",
	"x-authentik", "x-pomerium", "x-webauth",
}

// singles are the names without a family.
var singles = []string{
	"forwarded", "x-real-ip", "true-client-ip",
	"x-rewrite-url", "x-http-method-override", "x-http-method", "x-method-override",
	"x-request-id",
	// Framing under other spellings; the transport frames by what it sends.
	"content-length", "transfer-encoding", "http2-settings",
	// The client's address.
	"client-ip", "x-client-ip", "x-cluster-client-ip", "x-originating-ip",
	"proxy-client-ip", "wl-proxy-client-ip", "cf-connecting-ip", "cf-connecting-ipv6",
	"fastly-client-ip", "fly-client-ip", "x-envoy-external-address",
	// Scheme and host.
	"front-end-https", "x-scheme", "x-url-scheme", "x-host", "x-http-host-override",
	// CGI hands it to programs as HTTP_PROXY, which sends their calls through
	// a stranger (httpoxy, CVE-2016-5385).
	"proxy",
}

// Scrubber knows the headers that only Gatehouse may set, in whatever spelling a
// client's request brings them. It is compiled once and safe for concurrent
// use.
type Scrubber struct {
	patterns [256][]pattern // by their first byte, folded
}

// pattern is a folded name, or a family of them.
type pattern struct {
	name   string
	family bool
}

// NewScrubber knows the fixed names and families, and also names.
func NewScrubber(names ...string) *Scrubber {
	s := &Scrubber{}
	add := func(list []string, family bool) {
		for _, name := range list {
			if name == "" {
				continue
			}
			p := pattern{foldName(name), family}
			s.patterns[p.name[0]] = append(s.patterns[p.name[0]], p)
		}
	}
	add(families, true)
	add(singles, false)
	add(names, false)
	return s
}

// matches compares as the least careful upstream does. CGI, WSGI and their
// kin turn X_Real_IP, X.Real.IP and X-Real-IP into one variable, some of them
// every byte that is no letter or digit, so all such bytes count as "-".
func (s *Scrubber) matches(name string) bool {
	if name == "" {
		return false
	}
	for _, p := range s.patterns[foldByte(name[0])] {
		if p.matches(name) {
			return true
		}
	}
	return false
}

func (p pattern) matches(name string) bool {
	n := len(p.name)
	if len(name) < n || len(name) > n && !(p.family && foldByte(name[n]) == '-') {
		return false
	}
	for i := range n {
		if foldByte(name[i]) != p.name[i] {
			return false
		}
	}
	return true
}

func foldByte(c byte) byte {
	switch {
	case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		return c
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return '-'
}

func foldName(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] = foldByte(b[i])
	}
	return string(b)
}
