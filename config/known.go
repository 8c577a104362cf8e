package config

import "slices"

// knownProviders: references lead to providers of the file.
func (c *checker) knownProviders(names []string, p path) {
	var known []string
	for _, o := range c.config.Providers {
		known = append(known, o.Name)
	}
	c.known(names, p, "provider", known, root.key("providers"))
}

// knownServiceTokens: references lead to service tokens of the file.
func (c *checker) knownServiceTokens(names []string, p path) {
	var known []string
	for _, o := range c.config.ServiceTokens {
		known = append(known, o.Name)
	}
	c.known(names, p, "service token", known, root.key("service_tokens"))
}

// knownBearers: references lead to items of the file's bearer.
func (c *checker) knownBearers(names []string, p path) {
	var known []string
	for _, o := range c.config.Bearer {
		known = append(known, o.Name)
	}
	c.known(names, p, "item of bearer", known, root.key("bearer"))
}

// known holds references to the names that the block at declared gives.
func (c *checker) known(names []string, p path, what string, known []string, declared path) {
	if c.broken[declared] || slices.Contains(known, "") {
		return // what is not known cannot be missed
	}
	for i, name := range names {
		if !slices.Contains(known, name) {
			c.add(p.item(i), "no %s is called %s%s", what, c.source(p.item(i)).quote(name), didYouMean(name, known))
		}
	}
}
