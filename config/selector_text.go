package config

import (
	"fmt"
	"strings"
)

// String is the selector as explanations show it, "group: engineering, ops".
func (s Selector) String() string {
	switch {
	case s.Everyone:
		return "everyone"
	case s.Claim != nil:
		return "claim: " + s.Claim.String()
	case s.Expr != nil:
		return "expr: " + strings.Join(strings.Fields(s.Expr.Text), " ")
	}
	for _, list := range []struct {
		key   string
		items []string
	}{
		{"email", s.Email}, {"email_domain", s.EmailDomain}, {"group", s.Group}, {"provider", s.Provider},
		{"acr", s.ACR}, {"amr", s.AMR}, {"ip", texts(s.IP)}, {"not_ip", texts(s.NotIP)}, {"method", s.Method}, {"path", s.Path},
		{"service_token", s.ServiceToken}, {"bearer", s.Bearer},
	} {
		if len(list.items) > 0 {
			return list.key + ": " + strings.Join(list.items, ", ")
		}
	}
	return ""
}

// String is the test, "department is rd".
func (t ClaimTest) String() string {
	switch {
	case t.Is != nil:
		return fmt.Sprintf("%s is %v", t.Path, t.Is.Value)
	case t.Has != nil:
		return fmt.Sprintf("%s has %v", t.Path, t.Has.Value)
	case t.In != nil:
		values := make([]string, len(t.In))
		for i, v := range t.In {
			values[i] = fmt.Sprint(v.Value)
		}
		return t.Path + " in " + strings.Join(values, ", ")
	case t.Matches != nil:
		return t.Path + " matches " + strings.TrimSuffix(strings.TrimPrefix(t.Matches.String(), `\A(?:`), `)\z`)
	case t.Exists != nil:
		return fmt.Sprintf("%s exists: %t", t.Path, *t.Exists)
	}
	return t.Path
}

func texts(list []Prefix) []string {
	out := make([]string, len(list))
	for i, p := range list {
		out[i] = p.String()
	}
	return out
}
