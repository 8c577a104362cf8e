package config

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// words returns the name of a selector and what it compares with, in the form
// in which it compares. everyone compares with nothing.
func (s *Selector) words() (key string, words []string) {
	switch {
	case s.Email != nil:
		return "email", folded(s.Email)
	case s.EmailDomain != nil:
		return "email_domain", folded(s.EmailDomain)
	case s.Group != nil:
		return "group", s.Group
	case s.Claim != nil:
		return "claim", []string{s.Claim.text()}
	case s.Provider != nil:
		return "provider", s.Provider
	case s.ACR != nil:
		return "acr", s.ACR
	case s.AMR != nil:
		return "amr", s.AMR
	case s.IP != nil:
		return "ip", networks(s.IP)
	case s.NotIP != nil:
		return "not_ip", networks(s.NotIP)
	case s.ServiceToken != nil:
		return "service_token", s.ServiceToken
	case s.Bearer != nil:
		return "bearer", s.Bearer
	case s.Method != nil:
		return "method", s.Method
	case s.Path != nil:
		var all []string
		for _, prefix := range s.Path {
			all = append(all, strings.TrimSuffix(prefix, "/"))
		}
		return "path", all
	case s.Expr != nil:
		return "expr", []string{s.Expr.Text}
	}
	return "everyone", nil
}

func folded(list []string) []string {
	all := make([]string, len(list))
	for i, text := range list {
		all[i] = foldASCII(text)
	}
	return all
}

func networks(list []Prefix) []string {
	all := make([]string, len(list))
	for i, prefix := range list {
		all[i] = prefix.String()
	}
	return all
}

// text tells tests apart, also "3" and 3.
func (t *ClaimTest) text() string {
	matches := ""
	if t.Matches != nil {
		matches = t.Matches.String()
	}
	text, err := json.Marshal([]any{t.Path, t.Is, t.Has, t.In, matches, t.Exists})
	if err != nil {
		return fmt.Sprintf("%p", t)
	}
	return string(text)
}

// implies reports whether b is true whenever a is, as far as the words tell.
func implies(a, b *Selector) bool {
	key, words := a.words()
	other, among := b.words()
	switch {
	case b.always():
		return true
	case key == "email" && other == "email_domain":
		return every(words, func(email string) bool { return slices.Contains(among, domainOf(email)) })
	case key != other || key == "everyone":
		return false
	case key == "not_ip":
		return within(b.NotIP, a.NotIP)
	case key == "ip":
		return within(a.IP, b.IP)
	case key == "path":
		return every(words, func(p string) bool {
			return slices.ContainsFunc(among, func(prefix string) bool { return under(p, prefix) })
		})
	}
	return every(words, func(word string) bool { return slices.Contains(among, word) })
}

// disjoint reports whether a and b are never true together.
func disjoint(a, b *Selector) bool {
	key, words := a.words()
	other, against := b.words()
	switch key + " " + other {
	case "email email_domain":
		return every(words, func(email string) bool { return !slices.Contains(against, domainOf(email)) })
	case "email_domain email", "not_ip ip", "bearer service_token":
		return disjoint(b, a)
	case "service_token bearer":
		return true
	case "ip not_ip":
		return within(a.IP, b.NotIP)
	case "ip ip":
		return every(a.IP, func(p Prefix) bool {
			return !slices.ContainsFunc(b.IP, func(q Prefix) bool { return p.Overlaps(q.Prefix) })
		})
	case "path path":
		return every(words, func(p string) bool {
			return !slices.ContainsFunc(against, func(q string) bool { return under(p, q) || under(q, p) })
		})
	case "email email", "email_domain email_domain", "provider provider", "acr acr", "method method",
		"service_token service_token", "bearer bearer":
		// Of these a request has one.
		return every(words, func(word string) bool { return !slices.Contains(against, word) })
	}
	return false
}

// always reports whether s is true of every request.
func (s *Selector) always() bool { return s.Everyone || slices.Contains(s.Path, "/") }

func domainOf(email string) string { return email[strings.LastIndexByte(email, '@')+1:] }

// within reports whether each of inner lies in one of outer.
func within(inner, outer []Prefix) bool {
	return every(inner, func(p Prefix) bool {
		return slices.ContainsFunc(outer, func(q Prefix) bool { return covers(q.Prefix, p.Prefix) })
	})
}

func covers(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// every reports whether ok is true of all of list.
func every[T any](list []T, ok func(T) bool) bool {
	return !slices.ContainsFunc(list, func(item T) bool { return !ok(item) })
}
