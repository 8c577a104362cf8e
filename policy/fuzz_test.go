package policy

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// script draws choices from fuzzed bytes; when they run out it draws zeros.
type script []byte

func (s *script) choose(n int) int {
	if len(*s) == 0 {
		return 0
	}
	c := int((*s)[0]) % n
	*s = (*s)[1:]
	return c
}

func (s *script) selector(word string) Selector {
	words := []string{word, "a"}
	switch s.choose(20) {
	case 0:
		return Everyone()
	case 1:
		return Email([]string{word, "a@corp.example"})
	case 2:
		return EmailDomain([]string{word})
	case 3:
		return Group(words)
	case 4:
		return Provider(words)
	case 5:
		return ACR(words)
	case 6:
		return AMR(words)
	case 7:
		return IP(ranges("10.0.0.0/8"))
	case 8:
		return NotIP(ranges("::ffff:10.0.0.0/104"))
	case 9:
		return Method([]string{"GET", "HEAD"})
	case 10:
		return Path([]string{"/" + word, "/a"})
	case 11:
		return Claim(word, ClaimIs(word))
	case 12:
		return Claim("a", ClaimHas(json.Number(word)))
	case 13:
		return Claim("a.b", ClaimIn([]any{word, true}))
	case 14:
		return Claim("groups", ClaimHas(word))
	case 15:
		re, err := regexp.Compile(word)
		if err != nil {
			return Claim("a", ClaimExists(false))
		}
		return Claim("a", ClaimMatches(re))
	case 16:
		return Claim(word, ClaimExists(true))
	case 17:
		return ServiceToken([]string{"ci", word})
	case 18:
		return BearerToken([]string{word})
	}
	return nil
}

func (s *script) query(word, claims string) *Query {
	q := &Query{Method: []string{"GET", "get", word}[s.choose(3)], Path: []string{"/a", "/" + word, "//a", word}[s.choose(4)]}
	q.Peer = []netip.Addr{{}, netip.MustParseAddr("10.1.1.1"), netip.MustParseAddr("::ffff:10.1.1.1"), netip.MustParseAddr("fe80::1%x")}[s.choose(4)]
	if s.choose(3) == 0 {
		return q
	}
	c, _ := identity.DecodeClaims([]byte(claims))
	who := identity.Identity{
		Provider: word, Subject: "s", Email: word, EmailVerified: s.choose(2) == 0,
		Groups: []string{"a", word}[:s.choose(3)], ACR: word, AMR: []string{word}[:s.choose(2)], Claims: c,
	}
	switch s.choose(3) {
	case 0:
		q.Machine = &identity.Machine{Kind: []identity.MachineKind{identity.ServiceToken, identity.Bearer}[s.choose(2)], Name: word, Identity: who}
	case 1:
		q.Caller, q.Bearer = &who, word
	default:
		q.Caller = &who
	}
	return q
}

// FuzzDecide draws rules and queries. Decide must not panic, must pass nobody
// without a true rule of the right action and callers, and must agree with the
// models on the truth values that its rules have.
func FuzzDecide(f *testing.F) {
	f.Add([]byte{3, 1, 0, 0, 2, 9}, "staff", `{"a":["staff",1,true]}`)
	f.Add([]byte{2, 2, 10, 1, 7, 0, 0, 0, 0}, "a@corp.example", `{"a":{"b":1e3}}`)
	f.Add([]byte{1, 15, 13, 0, 3, 3, 3, 1, 1, 1}, `.*`, `{"a":null}`)
	f.Add([]byte{4, 0, 12, 16, 0, 1, 2, 3, 4, 5, 6, 7}, `1.50`, `{"a":[15e-1]}`)
	f.Fuzz(func(t *testing.T, choices []byte, word, claims string) {
		s := script(choices)
		var rules []Rule
		for range 1 + s.choose(5) {
			r := Rule{Action: Action(s.choose(5)), Include: []Selector{s.selector(word)}}
			for range s.choose(3) {
				r.Require = append(r.Require, s.selector(word))
			}
			for range s.choose(2) {
				r.Exclude = append(r.Exclude, s.selector(word))
			}
			if _, err := Compile([]Rule{r}); err == nil {
				rules = append(rules, r)
			}
		}
		p, err := Compile(rules)
		if err != nil {
			t.Fatalf("rules that compile alone do not together: %v", err)
		}
		q := s.query(word, claims)
		got := p.Decide(q)

		in := p.reading(q)
		var list []step
		holds := map[Effect]bool{}
		admits := ActionAllow
		if q.Machine != nil {
			admits = ActionServiceAuth
		}
		for i := range p.rules {
			in.asMachine = p.rules[i].action == ActionServiceAuth
			truth := p.rules[i].truth(&in)
			list = append(list, step{p.rules[i].action, truth})
			switch {
			case truth == True && p.rules[i].action == admits && in.who != nil:
				holds[Allow] = true
			case truth == True && p.rules[i].action == ActionBypass:
				holds[Bypass] = true
			}
		}
		if (got.Effect == Allow || got.Effect == Bypass) && !holds[got.Effect] {
			t.Fatalf("%v without a true rule: %v", got.Effect, list)
		}
		want := modelAnonymous(list)
		if in.who != nil {
			want = modelKnown(list, admits)
		}
		if got.Effect != want {
			t.Fatalf("%v: %v, want %v", list, got.Effect, want)
		}
	})
}
