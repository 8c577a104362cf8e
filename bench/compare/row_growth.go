package main

import (
	"fmt"
	"strings"
)

// growthRows: what a request costs must not depend on how much there is.
func growthRows() []row {
	const most = 1.1
	return []row{
		{
			name: "routes", title: "growth: 10 and 1,000 routes", turns: routesTurns,
			bounds: []bound{{figure: cpu, of: "1,000 routes", times: "10 routes", most: most}},
		},
		{
			name: "sessions", title: fmt.Sprintf("growth: 1 and %s live sessions", thousands(manySessions)), turns: sessionsTurns,
			bounds: []bound{
				{figure: cpu, of: manyRemembered, times: oneSession, most: most},
				{figure: cpu, of: manyByDefault, times: oneSession, most: most},
			},
		},
		{
			name: "connections", title: "growth: 1, 64 and 1,024 connections", turns: connectionsTurns,
			bounds: []bound{
				{figure: cpu, of: "64 connections", times: "1 connection", most: most},
				{figure: cpu, of: "1,024 connections", times: "64 connections", most: most},
			},
		},
	}
}

func routesTurns(b *bed) (turns []turn, err error) {
	for _, n := range []int{10, 1000} {
		who := thousands(n) + " routes"
		t, err := b.under(load{path: "/1k", connections: 64}, func() (*subject, error) {
			return b.gatehouse(fmt.Sprintf("routes-%d", n), who, variant{routes: b.moreRoutes(n)})
		})
		if err != nil {
			return nil, err
		}
		turns = append(turns, t...)
	}
	return turns, nil
}

// moreRoutes are n-1, a tenth of them on the host that is asked.
func (b *bed) moreRoutes(n int) string {
	var lines strings.Builder
	for i := 1; i < n; i++ {
		from := fmt.Sprintf("https://app%d.example.test/part/%d", i%100, i)
		if i%10 == 0 {
			from = fmt.Sprintf("http://%s/part/%d", b.address(fmt.Sprintf("routes-%d", n)), i)
		}
		fmt.Fprintf(&lines, "  - {name: route-%d, from: \"%s\", to: \"http://%s\", policy: [{allow: {email_domain: example.com}}]}\n", i, from, b.address("upstream"))
	}
	return lines.String()
}

func connectionsTurns(b *bed) (turns []turn, err error) {
	for _, n := range []int{1, 64, 1024} {
		t, err := b.under(load{path: "/1k", connections: n}, b.plain, b.bare)
		if err != nil {
			return nil, err
		}
		t[0].who = connections(n)
		t[1].who += ", " + connections(n) // what becomes of a proxy without a task
		turns = append(turns, t...)
	}
	return turns, nil
}

func connections(n int) string {
	if n == 1 {
		return "1 connection"
	}
	return thousands(n) + " connections"
}

// thousands writes a number as people do.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
