package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
)

// storeRows: what another store and more work on each request cost.
func storeRows() []row {
	return []row{
		{
			name: "redis", title: "sessions in Redis, warm", turns: redisTurns,
			bounds: []bound{{figure: cpu, of: onRedis, times: gatehouse, most: 1.1}, {figure: commands, of: onRedis, most: 0.01}},
		},
		{
			name: "full", title: "assertion, 10 mapped headers, 20 rules, JSON access log",
			turns: func(b *bed) ([]turn, error) {
				return b.under(load{path: "/1k", connections: 64}, b.lean, b.full)
			},
			bounds: []bound{{figure: cpu, of: fullLoad, times: leanest, most: 1.3}},
		},
	}
}

const (
	onRedis  = "Gatehouse, Redis"
	fullLoad = "Gatehouse, all of it"
	leanest  = "Gatehouse, none of it"
	commands = "Redis commands/request"
)

func redisTurns(b *bed) ([]turn, error) {
	address := b.address("redis")
	_, port, _ := net.SplitHostPort(address)
	if _, err := b.run("redis", b.loadCPUs, "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--dir", b.dir); err != nil {
		return nil, err
	}
	turns, err := b.under(load{path: "/1k", connections: 64}, b.plain, func() (*subject, error) {
		return b.gatehouse("on-redis", onRedis, variant{session: fmt.Sprintf("  store: redis\n  redis: {urls: [\"redis://%s/0\"]}\n", address)})
	})
	if err != nil {
		return nil, err
	}
	measure := turns[1].measure
	turns[1].measure = func() (figures, error) {
		before, err := redisCommands(address)
		if err != nil {
			return nil, err
		}
		f, err := measure()
		if err != nil {
			return nil, err
		}
		after, err := redisCommands(address)
		f[commands] = float64(after-before) / (f[rate] * float64(b.seconds))
		return f, err
	}
	return turns, nil
}

// redisCommands is how many were called so far, but for those that ask this.
func redisCommands(address string) (calls int, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "INFO commandstats\r\nQUIT\r\n"); err != nil {
		return 0, err
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		name, figures, found := strings.Cut(lines.Text(), ":calls=")
		if !found || name == "cmdstat_info" || name == "cmdstat_quit" {
			continue
		}
		var n int
		if _, err := fmt.Sscan(strings.ReplaceAll(figures, ",", " "), &n); err != nil {
			return 0, fmt.Errorf("INFO commandstats: %q", lines.Text())
		}
		calls += n
	}
	return calls, lines.Err()
}

// lean is Gatehouse without the assertion, which the others have by default.
func (b *bed) lean() (*subject, error) {
	return b.gatehouse("lean", leanest, variant{rest: "assertion: {enabled: false}\n"})
}

// full is Gatehouse with much to do for each request.
func (b *bed) full() (*subject, error) {
	var rules strings.Builder
	for i := range 19 {
		fmt.Fprintf(&rules, "{name: not-%d, action: allow, include: [{group: department-%d}, {email: person-%d@example.org}], exclude: [{not_ip: 10.%d.0.0/16}]}, ", i, i, i, i)
	}
	return b.gatehouse("full", fullLoad, variant{
		policy: "[" + rules.String() + "{allow: {email_domain: example.com}}]",
		route: "headers: {X-Department: {claim: department}, X-Office: {claim: office}, X-Title: {claim: title}, X-Manager: {claim: employee.manager}, " +
			"X-Employee: {claim: employee.id}, X-Cost-Center: {claim: employee.cost_center}, X-Given-Name: {claim: given_name}, " +
			"X-Family-Name: {claim: family_name}, X-Roles: {claim: roles}, X-Teams: {claim: groups, join: \";\"}}",
		rest: "assertion: {enabled: true, claims: [email, groups, name]}\nlog: {format: json, access: true}\n",
	})
}
