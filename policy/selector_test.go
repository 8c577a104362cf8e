package policy

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

func TestSelectorsAboutIdentityAreUnknownForAnonymousCallers(t *testing.T) {
	q := &Query{Method: "GET", Path: "/x", Peer: netip.MustParseAddr("192.0.2.1")}
	for name, tt := range map[string]struct {
		selector Selector
		want     Truth
	}{
		"email":        {Email([]string{"a@corp.example"}), Unknown},
		"email_domain": {EmailDomain([]string{"corp.example"}), Unknown},
		"group":        {Group([]string{"staff"}), Unknown},
		"claim":        {Claim("a", ClaimExists(false)), Unknown},
		"provider":     {Provider([]string{"ping"}), Unknown},
		"acr":          {ACR([]string{"mfa"}), Unknown},
		"amr":          {AMR([]string{"otp"}), Unknown},
		"everyone":     {Everyone(), True},
		"ip":           {IP(ranges("192.0.2.0/24")), True},
		"not_ip":       {NotIP(ranges("192.0.2.0/24")), False},
		"method":       {Method([]string{"GET"}), True},
		"path":         {Path([]string{"/y"}), False},
	} {
		if got := truthFor(t, tt.selector, q); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestEmailMatchesVerifiedAddressesOnly(t *testing.T) {
	address, domain := Email([]string{"Ada@Corp.example"}), EmailDomain([]string{"CORP.example"})
	const kelvin = "\u212a" // strings.ToLower makes it a "k"
	tests := []struct {
		email           string
		verified        bool
		address, domain Truth
	}{
		{"ada@corp.example", true, True, True},
		{"ADA@cOrP.eXaMpLe", true, True, True},
		{"ada@corp.example", false, Unknown, Unknown},
		{"bob@corp.example", false, False, Unknown},
		{"bob@else.example", false, False, False},
		{"", true, False, False},
		{"bob@corp.example", true, False, True},
		{"a-rather-long-name-of-a-person@corp.example", true, False, True},
		{"A-Rather-Long-Name-Of-A-Person@Corp.Example", true, False, True},
		{"ada@sub.corp.example", true, False, False},
		{"ada@evil-corp.example", true, False, False},
		{"ada@corp.example.evil.tld", true, False, False},
		{"ada@evil.tld@corp.example", true, Unknown, Unknown},
		{"ada@corp.example@evil.tld", true, Unknown, Unknown},
		{"@corp.example", true, Unknown, Unknown},
		{"corp.example", true, Unknown, Unknown},
		{"ada@", true, Unknown, Unknown},
		{" ada@corp.example", true, Unknown, Unknown},
		{"ada@corp.example\n", true, Unknown, Unknown},
		{"Ada <ada@corp.example>", true, Unknown, Unknown},
		{"ada@corp.example.", true, False, False},
		{strings.Repeat("a", maxAddress) + "@corp.example", true, Unknown, Unknown},
	}
	for _, tt := range tests {
		q := &Query{Caller: &identity.Identity{Email: tt.email, EmailVerified: tt.verified}}
		if got := truthFor(t, address, q); got != tt.address {
			t.Errorf("email, %q: %v, want %v", tt.email, got, tt.address)
		}
		if got := truthFor(t, domain, q); got != tt.domain {
			t.Errorf("email_domain, %q: %v, want %v", tt.email, got, tt.domain)
		}
	}
	q := &Query{Caller: &identity.Identity{Email: "ada@" + kelvin + ".example", EmailVerified: true}}
	if got := truthFor(t, EmailDomain([]string{"k.example"}), q); got != False {
		t.Errorf("the Kelvin sign passed for a k: %v", got)
	}
}

func TestGroupComparesWholeNames(t *testing.T) {
	q := &Query{Caller: &identity.Identity{Groups: []string{"engineering", "Ops", ""}}}
	for group, want := range map[string]Truth{
		"engineering": True, "Ops": True, "ops": False, "engineer": False, "engineering2": False,
	} {
		if got := truthFor(t, Group([]string{"none", group}), q); got != want {
			t.Errorf("%q: %v, want %v", group, got, want)
		}
	}
}

// TestGroupSelectorsPastTheIndexStillCount needs more selectors than a
// groupMask has bits.
func TestGroupSelectorsPastTheIndexStillCount(t *testing.T) {
	const n = maxGroupBits + 20
	var rules []Rule
	for i := range n {
		rules = append(rules, Rule{Action: ActionAllow, Include: []Selector{Group([]string{fmt.Sprint("g", i), fmt.Sprint("h", i)})}})
	}
	p := compile(t, rules...)
	for i := range n {
		for _, group := range []string{"g", "h"} {
			d := p.Decide(&Query{Caller: &identity.Identity{Groups: []string{"other", fmt.Sprint(group, i)}}})
			if want := fmt.Sprintf("rule %d", i+1); d.Effect != Allow || d.Rule != want {
				t.Errorf("member of %s%d: %+v, want an allow by %s", group, i, d, want)
			}
		}
	}
	if d := p.Decide(&Query{Caller: &identity.Identity{Groups: []string{"g", "g999"}}}); d.Effect != Deny {
		t.Errorf("member of neither: %+v, want a deny", d)
	}
}

func TestSignInFactsCompareWhole(t *testing.T) {
	q := &Query{Caller: &identity.Identity{Provider: "ping", ACR: "mfa", AMR: []string{"pwd", "otp"}}}
	bare := &Query{Caller: &identity.Identity{}}
	for name, tt := range map[string]struct {
		selector Selector
		want     Truth
	}{
		"provider":       {Provider([]string{"okta", "ping"}), True},
		"other provider": {Provider([]string{"pin"}), False},
		"acr":            {ACR([]string{"mfa"}), True},
		"other acr":      {ACR([]string{"MFA"}), False},
		"amr":            {AMR([]string{"otp"}), True},
		"other amr":      {AMR([]string{"hwk"}), False},
	} {
		if got := truthFor(t, tt.selector, q); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
		if got := truthFor(t, tt.selector, bare); got != False {
			t.Errorf("%s of somebody without: %v, want false", name, got)
		}
	}
}

func TestIPReadsEveryFormOfAnAddress(t *testing.T) {
	tests := []struct {
		peer string // empty: unknown
		list string
		want Truth // of ip; not_ip is its opposite
	}{
		{"10.1.2.3", "10.0.0.0/8", True},
		{"11.1.2.3", "10.0.0.0/8", False},
		{"::ffff:10.1.2.3", "10.0.0.0/8", True},
		{"10.1.2.3", "::ffff:10.0.0.0/104", True},
		{"11.1.2.3", "::ffff:10.0.0.0/104", False},
		{"10.1.2.3", "10.9.9.9/8", True},
		{"fe80::1%eth0", "fe80::/10", True},
		{"2001:db8::1", "2001:db8::/32", True},
		{"2001:db9::1", "2001:db8::/32", False},
		{"10.1.2.3", "::/0", False},
		{"", "0.0.0.0/0", Unknown},
	}
	for _, tt := range tests {
		var peer netip.Addr
		if tt.peer != "" {
			peer = netip.MustParseAddr(tt.peer)
		}
		q := &Query{Peer: peer}
		if got := truthFor(t, IP(ranges("192.0.2.1/32", tt.list)), q); got != tt.want {
			t.Errorf("%q in %s: %v, want %v", tt.peer, tt.list, got, tt.want)
		}
		if got := truthFor(t, NotIP(ranges("192.0.2.1/32", tt.list)), q); got != tt.want.Not() {
			t.Errorf("%q not in %s: %v, want %v", tt.peer, tt.list, got, tt.want.Not())
		}
	}
}

func TestMethodInAnotherCaseIsNeitherAdmittedNorMissed(t *testing.T) {
	s := Method([]string{"GET", "DELETE"})
	for method, want := range map[string]Truth{
		"GET": True, "DELETE": True, "POST": False, "": False, "GETS": False, "delete": Unknown, "Get": Unknown,
	} {
		if got := truthFor(t, s, &Query{Method: method}); got != want {
			t.Errorf("%q: %v, want %v", method, got, want)
		}
	}
}

func TestPathMatchesAtSegmentBounds(t *testing.T) {
	tests := []struct {
		prefix, path string
		want         Truth
	}{
		{"/admin", "/admin", True},
		{"/admin", "/admin/", True},
		{"/admin", "/admin/x", True},
		{"/admin/", "/admin", True},
		{"/admin/", "/admin/x", True},
		{"/admin", "/administrator", False},
		{"/admin", "/Admin", False},
		{"/admin", "/x/admin", False},
		{"/admin", "/", False},
		{"/admin", "/admin?", False},
		{"/public", "/publicsecret", False},
		{"/a/b", "/a/b/c", True},
		{"/a/b", "/a/bc", False},
		{"/", "/", True},
		{"/", "/anything", True},
		{"/a b", "/a b/c", True},
		// What only some upstreams read as below the prefix.
		{"/admin", "//admin", Unknown},
		{"/admin", "//admin//x", Unknown},
		{"/a/b", "/a//b", Unknown},
		{"/a/b", "/a//c", False},
		{"/admin", "/admin;x=1", Unknown},
		{"/admin", "/admin;x/y", Unknown},
		{"/admin", "/;x/admin", Unknown},
		{"/a/b", "/a;1/b;2/c", Unknown},
		{"/admin", "/adm;in", False},
		{"/admin", "/x;/admin", False},
		{"/admin", "/admin/x;y//z", True},
		{"/", "//x;y", True},
	}
	for _, tt := range tests {
		if got := truthFor(t, Path([]string{"/none", tt.prefix}), &Query{Path: tt.path}); got != tt.want {
			t.Errorf("path %s of %s: %v, want %v", tt.prefix, tt.path, got, tt.want)
		}
	}
}
