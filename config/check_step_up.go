package config

import (
	"strings"
	"time"
)

// maxACR bounds acr_values together: the cookie of a sign-in carries them.
const maxACR = 200

// stepUp: what is asked of sign-ins must fit a request, a header and a cookie.
func (c *checker) stepUp(r *Route, p path) {
	values, age := p.key("acr_values"), p.key("max_age")
	if !c.present(p) || c.broken[p] {
		return
	}
	if !c.present(values) && !c.present(age) {
		c.add(p, "asks for nothing; give acr_values, max_age or both, or leave it out")
	}
	if c.present(values) && len(r.StepUp.ACRValues) == 0 {
		c.add(values, "is empty; name at least one acr of the provider, or leave it out")
	}
	for i, acr := range r.StepUp.ACRValues {
		if strings.ContainsFunc(acr, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' }) {
			c.add(values.item(i), "must be ASCII without blanks, quotes and backslashes, like mfa or urn:example:mfa; write several as a list")
		}
	}
	if len(strings.Join(r.StepUp.ACRValues, " ")) > maxACR {
		c.add(values, "is longer than %d characters together", maxACR)
	}
	if d := r.StepUp.MaxAge.Std(); c.present(age) && !c.broken[age] && (d < time.Second || d%time.Second != 0) {
		c.add(age, "must be whole seconds, at least 1s")
	}
	if len(r.Policy.Rules) > 0 && !needsSignIn(r.Policy.Rules) {
		c.note(p, "has no effect, since the policy admits nobody by a sign-in")
	}
}
