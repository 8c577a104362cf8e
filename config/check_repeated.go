package config

import (
	"slices"
	"strings"
)

// repeated notes selectors that stand twice in a list, and values that stand
// twice in a selector: the second does nothing, and may be a slip for another.
func (c *checker) repeated(r *Rule, at path) {
	seen := map[string]path{}
	r.parts(at, func(part string, s *Selector, at path) {
		key, words := s.words()
		if c.placeholders && !c.literal(at.key(key), len(words)) {
			return
		}
		sorted := slices.Sorted(slices.Values(words))
		whole := part + "\x00" + key + "\x00" + strings.Join(sorted, "\x00")
		if earlier, twice := seen[whole]; twice {
			c.note(at, "says what %s says already", c.display(earlier))
			return
		}
		seen[whole] = at
		values := map[string]bool{}
		for i, word := range words {
			if values[word] {
				c.note(at.key(key).item(i), "is in the list already")
			}
			values[word] = true
		}
	})
}

// unverified notes expressions that trust an address that anybody may have
// chosen, where nothing in the rule asks whether it is verified.
func (c *checker) unverified(r *Rule, at path) {
	asks := func(s Selector) bool { return s.asksVerified() }
	if slices.ContainsFunc(r.Require, asks) || len(r.Include) > 0 && every(r.Include, asks) {
		return
	}
	r.parts(at, func(_ string, s *Selector, at path) {
		if s.Expr == nil || s.asksVerified() {
			return
		}
		reads, name := s.Expr.Program.Reads(), "user.email"
		switch {
		case reads.Email:
		case slices.Contains(reads.Claims, "email"):
			name = "claims.email"
		default:
			return
		}
		c.note(at.key("expr"), "reads %s, which is the address verified or not; ask for user.email_verified too, or use email or email_domain", name)
	})
}

// asksVerified reports whether s looks at whether the address is verified.
func (s *Selector) asksVerified() bool {
	if s.Expr != nil {
		reads := s.Expr.Program.Reads()
		return reads.EmailVerified || slices.Contains(reads.Claims, "email_verified")
	}
	return s.Email != nil || s.EmailDomain != nil || s.Claim != nil && s.Claim.Path == "email_verified"
}
