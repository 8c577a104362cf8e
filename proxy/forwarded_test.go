package proxy

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

func prefixesOf(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

// TestForwardedHeaders: who is believed, about what. 10.0.0.0/8 is trusted.
func TestForwardedHeaders(t *testing.T) {
	const proxyAddress, stranger = "10.0.0.1:999", "203.0.113.9:999"
	cases := []struct {
		name, remote string
		believe      []string
		headers      []string // "Name: value"
		peer         string   // "" is unknown
		scheme, host string
		bad          bool
	}{
		{name: "a stranger is not believed", remote: stranger, believe: []string{"X-Forwarded-For", "X-Forwarded-Proto"}, headers: []string{"X-Forwarded-For: 1.1.1.1", "X-Forwarded-Proto: https"}, peer: "203.0.113.9", host: "h"},
		{name: "a proxy without headers is the client", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, peer: "10.0.0.1", host: "h"},
		{name: "one address", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: 1.1.1.1"}, peer: "1.1.1.1", host: "h"},
		{name: "what the client wrote is left alone", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: 6.6.6.6, 1.1.1.1"}, peer: "1.1.1.1", host: "h"},
		{name: "trusted hops are passed", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: 6.6.6.6, 1.1.1.1, 10.0.0.7"}, peer: "1.1.1.1", host: "h"},
		{name: "two lines are one list", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: 6.6.6.6", "X-Forwarded-For: 1.1.1.1"}, peer: "1.1.1.1", host: "h"},
		{name: "a port and brackets", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: [2001:db8::1]:443"}, peer: "2001:db8::1", host: "h"},
		{name: "mapped addresses are unmapped", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: ::ffff:1.1.1.1"}, peer: "1.1.1.1", host: "h"},
		{name: "no address is an unknown client", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: 1.1.1.1, unknown"}, host: "h"},
		{name: "an empty entry is an unknown client", remote: proxyAddress, believe: []string{"X-Forwarded-For"}, headers: []string{"X-Forwarded-For: 1.1.1.1,"}, host: "h"},
		{name: "only what is believed", remote: proxyAddress, believe: []string{"X-Forwarded-Proto"}, headers: []string{"X-Forwarded-For: 1.1.1.1", "X-Forwarded-Proto: HTTPS"}, peer: "10.0.0.1", scheme: "https", host: "h"},
		{name: "the nearest scheme of a list", remote: proxyAddress, believe: []string{"X-Forwarded-Proto"}, headers: []string{"X-Forwarded-Proto: https, http"}, peer: "10.0.0.1", scheme: "http", host: "h"},
		{name: "an unknown scheme", remote: proxyAddress, believe: []string{"X-Forwarded-Proto"}, headers: []string{"X-Forwarded-Proto: ftp"}, bad: true},
		{name: "a host", remote: proxyAddress, believe: []string{"X-Forwarded-Host"}, headers: []string{"X-Forwarded-Host: wiki"}, peer: "10.0.0.1", host: "wiki"},
		{name: "two hosts", remote: proxyAddress, believe: []string{"X-Forwarded-Host"}, headers: []string{"X-Forwarded-Host: wiki, evil"}, bad: true},
		{name: "two lines of hosts", remote: proxyAddress, believe: []string{"X-Forwarded-Host"}, headers: []string{"X-Forwarded-Host: wiki", "X-Forwarded-Host: evil"}, bad: true},
		{name: "real ip", remote: proxyAddress, believe: []string{"X-Real-Ip"}, headers: []string{"X-Real-Ip: 1.1.1.1"}, peer: "1.1.1.1", host: "h"},
		{name: "two real ips", remote: proxyAddress, believe: []string{"X-Real-Ip"}, headers: []string{"X-Real-Ip: 1.1.1.1", "X-Real-Ip: 2.2.2.2"}, bad: true},
		{name: "a list as real ip", remote: proxyAddress, believe: []string{"X-Real-Ip"}, headers: []string{"X-Real-Ip: 1.1.1.1, 2.2.2.2"}, bad: true},
		{name: "forwarded", remote: proxyAddress, believe: []string{"Forwarded"}, headers: []string{`Forwarded: for="[2001:db8::1]:9", for=1.1.1.1;proto=https;host=wiki, For=10.0.0.7;Proto=http;Host="h:80"`}, peer: "1.1.1.1", scheme: "http", host: "h:80"},
		{name: "forwarded by a name", remote: proxyAddress, believe: []string{"Forwarded"}, headers: []string{`Forwarded: for=1.1.1.1, for=_hidden`}, host: "h"},
		{name: "forwarded with a comma in quotes", remote: proxyAddress, believe: []string{"Forwarded"}, headers: []string{`Forwarded: by="a, for=6.6.6.6";for=1.1.1.1`}, peer: "1.1.1.1", host: "h"},
		{name: "forwarded twice in one element", remote: proxyAddress, believe: []string{"Forwarded"}, headers: []string{`Forwarded: for=1.1.1.1;for=6.6.6.6`}, bad: true},
		{name: "forwarded that does not end", remote: proxyAddress, believe: []string{"Forwarded"}, headers: []string{`Forwarded: for="1.1.1.1`}, bad: true},
		{name: "forwarded without a value", remote: proxyAddress, believe: []string{"Forwarded"}, headers: []string{`Forwarded: for`}, bad: true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			d := Door{Trusted: prefixesOf("10.0.0.0/8"), Believe: c.believe}
			r := &http.Request{Host: "h", RemoteAddr: c.remote, Header: http.Header{}}
			for _, line := range c.headers {
				name, value, _ := strings.Cut(line, ": ")
				r.Header.Add(name, value)
			}
			got, err := d.arrive(r)
			if c.bad {
				if err == nil {
					t.Fatalf("arrived as %+v, want a refusal", got)
				}
				return
			}
			peer := ""
			if got.peer.IsValid() {
				peer = got.peer.String()
			}
			if err != nil || peer != c.peer || got.scheme != c.scheme || got.host != c.host {
				t.Errorf("arrived as %q %q %q, %v; want %q %q %q", peer, got.scheme, got.host, err, c.peer, c.scheme, c.host)
			}
		})
	}
}

func TestUnixPeersAreTrustedOnlyWhenToldTo(t *testing.T) {
	for _, remote := range []string{"", "@", "/run/x.sock"} {
		if _, trusted := (&Door{}).peer(remote); trusted {
			t.Errorf("peer %q is trusted by default", remote)
		}
		if _, trusted := (&Door{TrustUnix: true}).peer(remote); !trusted {
			t.Errorf("peer %q is not trusted although unix is", remote)
		}
	}
	if _, trusted := (&Door{TrustUnix: true}).peer("203.0.113.9:1"); trusted {
		t.Error("trust in unix reaches a network peer")
	}
}

func FuzzForwarded(f *testing.F) {
	f.Add(`for=1.1.1.1;proto=https, for="[::1]:2";by=_x`)
	f.Add(`for="a\"b,c;d"`)
	f.Add(`;,=`)
	f.Fuzz(func(t *testing.T, s string) {
		elements, err := parseForwarded([]string{s})
		if err == nil && (len(elements) == 0 || len(elements) > maxForwarded) {
			t.Errorf("%q gives %d elements", s, len(elements))
		}
		d := Door{Trusted: prefixesOf("10.0.0.0/8"), Believe: []string{"Forwarded", "X-Forwarded-For"}}
		d.arrive(&http.Request{RemoteAddr: "10.0.0.1:1", Header: http.Header{"Forwarded": {s}, "X-Forwarded-For": {s}}})
	})
}
