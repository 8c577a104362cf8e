package starter

import (
	"net/netip"
	"slices"
	"strings"
)

// policy takes one of Cloudflare's in. A selector that does not exist here must
// not widen a rule: one that is lost from include narrows it, one that is lost
// from require or exclude, or the last of include, takes an allowing rule away. A
// denying rule that cannot be kept whole ends the reading: what stands below
// would be reached by those whom it kept out.
func (f *File) policy(v map[string]any) {
	name := strings.TrimSpace(comment(text(v["name"])))
	action := map[string]string{"allow": "allow", "deny": "deny", "bypass": "bypass", "non_identity": "service_auth", "service_auth": "service_auth"}[text(v["decision"])]
	if action == "" {
		f.note("policy %q has the decision %q", name, text(v["decision"]))
		return
	}
	r := Rule{Name: name, Action: action}
	if n, ok := v["precedence"].(float64); ok {
		r.precedence = int(min(max(n, 0), 1e6))
	}
	f.unknown("policy "+name, v, []string{"id", "uid", "name", "decision", "include", "require", "exclude", "precedence", "created_at", "updated_at", "reusable", "app_count", "approval_required", "purpose_justification_required", "isolation_required"})
	for _, demand := range []string{"approval_required", "purpose_justification_required", "isolation_required"} {
		if on, _ := v[demand].(bool); on && action != "deny" {
			f.note("policy %q is left out: it has %s, which does not exist here", name, demand)
			return
		}
	}
	if name == "" {
		r.Name = action
	}
	var lostInclude, lost, lostOther bool
	r.Include, lostInclude = f.selectors(r, "include", v["include"])
	r.Require, lost = f.selectors(r, "require", v["require"])
	lostOther = lost
	r.Exclude, lost = f.selectors(r, "exclude", v["exclude"])
	lostOther = lostOther || lost
	switch {
	case action == "deny" && (lostInclude || lostOther):
		// Refusing more people than before is safe, fewer is not.
		f.note("policy %q denies, and could not be read whole: here it denies everybody; narrow it", name)
		r.Include, r.Require, r.Exclude = []Selector{{Key: "everyone"}}, nil, nil
	case lostOther:
		f.note("policy %q is left out: without the selector named above it would admit more people", name)
		return
	case action == "bypass" && slices.ContainsFunc(slices.Concat(r.Include, r.Require, r.Exclude), identifies):
		f.note("policy %q is left out: a bypass cannot look at who is calling", name)
		return
	case len(r.Include) == 0:
		f.note("policy %q is left out: nothing of its include can be said here", name)
		return
	}
	f.Rules = append(f.Rules, r)
}

func identifies(s Selector) bool { return s.Key != "everyone" && s.Key != "ip" }

func (f *File) selectors(r Rule, part string, v any) (list []Selector, lost bool) {
	items, _ := v.([]any)
	for _, item := range items {
		object, _ := item.(map[string]any)
		s, ok := selector(object, r.Action)
		if !ok {
			lost = true
			for name := range object {
				f.note("policy %q, %s: the selector %s has no counterpart, or not as written", r.Name, part, name)
			}
			continue
		}
		list = append(list, s)
	}
	return list, lost
}

// selector translates one; ok is false for what has no counterpart that means
// exactly the same without further settings.
func selector(object map[string]any, action string) (s Selector, ok bool) {
	if len(object) != 1 {
		return s, false
	}
	inner := func(kind, field string) string {
		o, _ := object[kind].(map[string]any)
		return text(o[field])
	}
	for kind := range object {
		switch kind {
		case "everyone":
			return Selector{Key: "everyone"}, true
		case "email":
			return one("email", inner(kind, "email"))
		case "email_domain":
			return one("email_domain", inner(kind, "domain"))
		case "ip":
			address := inner(kind, "ip")
			if single, err := netip.ParseAddr(address); err == nil {
				address = netip.PrefixFrom(single, single.BitLen()).String()
			}
			if prefix, err := netip.ParsePrefix(address); err != nil || prefix.Masked() != prefix {
				return s, false
			}
			return one("ip", address)
		case "any_valid_service_token":
			return Selector{Key: "everyone"}, action == "service_auth"
		case "oidc":
			s.Key, s.Path = "claim", inner(kind, "claim_name")
			s.Values = []string{inner(kind, "claim_value")}
			return s, s.Path != "" && s.Values[0] != "" && !strings.Contains(s.Path, ".")
		case "auth_method":
			return one("amr", inner(kind, "auth_method"))
		}
	}
	return s, false
}

func one(key, value string) (Selector, bool) {
	return Selector{Key: key, Values: []string{value}}, value != ""
}
