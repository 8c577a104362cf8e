package config

import "fmt"

// tests: each asks for something that could come, and says what it expects.
func (c *checker) tests(all []Test, p path) {
	for i := range all {
		t, at := &all[i], p.item(i)
		c.missing(at, "url", "is missing; give the whole public address, like https://wiki.example.com/")
		c.missing(at, "expect", "is missing; write allow, deny, sign_in or step_up")
		if t.URL != nil && t.URL.Scheme != "https" && t.URL.Scheme != "http" {
			c.add(at.key("url"), "must begin with https:// or http://")
		}
		c.method(t.Method, at.key("method"))
		if t.Provider != "" {
			c.knownProviders([]string{t.Provider}, c.alone(at.key("provider")))
		}
		if t.ServiceToken != "" {
			c.knownServiceTokens([]string{t.ServiceToken}, c.alone(at.key("service_token")))
			if t.User != nil {
				c.add(at.key("service_token"), "comes with a user; a caller is a machine or a person")
			}
		}
		if t.User == nil && t.Expect == "step_up" {
			c.add(at.key("expect"), "is for a user, who has signed in; for anybody else write sign_in")
		}
		if t.User != nil && t.User.AuthAge != nil && t.User.AuthAge.Std() < 0 {
			c.add(at.key("user").key("auth_age"), "must not be negative")
		}
		if t.User != nil && len(c.config.Providers) == 0 {
			c.add(at.key("user"), "needs a provider to have signed in with, and the file has none")
		}
		if len(t.Headers) > 0 && t.Expect != "allow" {
			c.add(at.key("headers"), "are only sent where the test expects allow")
		}
		if t.Name == "" && t.URL != nil {
			t.Name = t.Method + " " + t.URL.String()
		}
	}
}

// alone has the value at p share its place with a list of one.
func (c *checker) alone(p path) path {
	at := c.places[p]
	c.stand(p.item(0), at.line, at.col, true)
	return p
}

// TestPlace is where test i stands in the file, as file:line:col.
func (c *Config) TestPlace(i int) string {
	at := c.report.places[root.key("tests").item(i)]
	return fmt.Sprintf("%s:%d:%d", c.report.file, at.line, at.col)
}
