package main

import (
	"fmt"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/devidp"
)

// variant is what one Gatehouse has besides what all have: pieces of its file.
type variant struct {
	scheme  string // of its public address; http if empty
	from    string // that address, where it is somebody else's
	server  string // lines of blocks, indented
	session string
	route   string // keys of the one route, in flow style
	policy  string // its value; the e-mail domain if empty
	routes  string // lines of more routes
	rest    string // whole blocks
}

// gatehouse returns the Gatehouse at a place, started and signed in.
func (b *bed) gatehouse(place, name string, v variant) (*subject, error) {
	if s := b.subjects[place]; s != nil {
		return s, nil
	}
	file, err := b.gatehouseFile(place, v)
	if err != nil {
		return nil, err
	}
	p, err := b.run(place, b.proxyCPU, b.program("gatehouse"), "serve", "--config", file)
	if err != nil {
		return nil, err
	}
	s := &subject{name: name, url: v.origin(b.address(place)), works: []*process{p}, operators: b.operators(place)}
	if err := s.signIn(); err != nil {
		return nil, err
	}
	b.subjects[place] = s
	return s, nil
}

func (v variant) origin(address string) string {
	if v.from != "" {
		return v.from
	}
	if v.scheme == "" {
		return "http://" + address
	}
	return v.scheme + "://" + address
}

// gatehouseFile writes the configuration of a place. The PingOne shape is as
// short as a real one; only base_url is for here.
func (b *bed) gatehouseFile(place string, v variant) (string, error) {
	upstream, err := b.upstream()
	if err != nil {
		return "", err
	}
	if _, err := b.idp(); err != nil {
		return "", err
	}
	if v.policy == "" {
		v.policy = "[{allow: {email_domain: example.com}}]"
	}
	if v.route != "" {
		v.route = ", " + v.route
	}
	v.server += fmt.Sprintf("  admin: {listen: \"%s\"}\n", b.operators(place))
	if !strings.Contains(v.rest, "log:") {
		v.rest += "log: {format: json, access: false}\n"
	}
	return b.file(place+".yaml", fmt.Sprintf(`server:
  listen: %s
%ssession:
  keys: ["%s"]
%sproviders:
  - name: bench
    type: pingone
    environment_id: %s
    base_url: http://%s
    client_id: bench
    client_secret: bench-secret
routes:
  - {name: app, from: "%s", to: "http://%s", policy: %s%s}
%s%s`, b.address(place), v.server, b.key, v.session, devidp.EnvironmentID, b.address("idp"),
		v.origin(b.address(place)), upstream, v.policy, v.route, v.routes, v.rest))
}

// plain is the Gatehouse of most rows: cookie store, one rule, identity
// headers, metrics; no access log.
func (b *bed) plain() (*subject, error) { return b.gatehouse("plain", "Gatehouse", variant{}) }
