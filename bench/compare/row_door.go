package main

import (
	"errors"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/bench/browser"
)

// doorRows: how people get in, and how another proxy asks whether they may.
func doorRows() []row {
	return []row{
		{
			name: "redirect", title: "redirect of the anonymous", turns: redirectTurns,
			bounds: []bound{{figure: cpu, most: 35}, {figure: cpu, times: oauth2Proxy, most: 0.3}},
		},
		{
			name: "forward-auth", title: "forward-auth answer, signed in", turns: forwardAuthTurns,
			bounds: []bound{{figure: cpu, of: answers, times: gatehouse, most: 0.5}},
		},
		{
			name: "auth-request", title: "nginx that asks a gateway, all processes",
			turns: func(b *bed) ([]turn, error) {
				return b.under(load{path: "/1k", connections: 64}, b.nginxGatehouse, b.nginxVouch)
			},
			bounds: []bound{{figure: cpu, of: asksUs, times: vouch, most: 0.6}},
		},
		{
			name: "sign-in", title: "a whole sign-in, without the provider's part", turns: signInTurns,
			bounds: []bound{{figure: cpu, times: oauth2Proxy, most: 0.5}},
		},
	}
}

const answers = "Gatehouse, asked"

func redirectTurns(b *bed) ([]turn, error) {
	return b.under(load{path: "/1k", connections: 64, anonymous: true, header: []string{"Accept: text/html", "Sec-Fetch-Mode: navigate"}},
		b.plain, b.oauth2Proxied, b.nginxVouch, b.apache)
}

// verifier is the Gatehouse that nginx asks.
func (b *bed) verifier() (*process, error) {
	file, err := b.gatehouseFile("verify", variant{
		from: "http://" + b.address("nginx-gatehouse"), server: "  trusted_proxies: [127.0.0.1]\n",
	})
	if err != nil {
		return nil, err
	}
	return b.run("verify", b.proxyCPU, b.program("gatehouse"), "serve", "--config", file)
}

func (b *bed) nginxGatehouse() (*subject, error) {
	if s := b.subjects["nginx-gatehouse"]; s != nil {
		return s, nil
	}
	asked, err := b.verifier()
	if err != nil {
		return nil, err
	}
	return b.nginxAsking("nginx-gatehouse", asksUs, asked)
}

func forwardAuthTurns(b *bed) ([]turn, error) {
	turns, err := b.under(load{path: "/1k", connections: 64}, b.plain)
	if err != nil {
		return nil, err
	}
	behind, err := b.warm(b.nginxGatehouse)
	if err != nil {
		return nil, err
	}
	asked := &subject{
		operators: b.operators("verify"), name: answers, url: "http://" + b.address("verify"), works: behind.works[1:],
		header: append([]string{"X-Original-Method: GET", "X-Original-URL: " + behind.url + "/1k", "X-Forwarded-For: 127.0.0.1"}, behind.header...),
	}
	return append(turns, turn{answers, func() (figures, error) {
		return b.wrk(asked, load{path: "/.auth/verify/nginx", connections: 64})
	}, asked}), nil
}

func signInTurns(b *bed) (turns []turn, err error) {
	for _, start := range []func() (*subject, error){b.plain, b.oauth2Proxied} {
		s, err := b.warm(start)
		if err != nil {
			return nil, err
		}
		if s != nil {
			turns = append(turns, turn{s.name, func() (figures, error) { return b.signIns(s) }, s})
		}
	}
	return turns, nil
}

// people is how many sign in at the same time, as many as the other rows have
// connections. One at a time, a gateway would mostly wait for the provider, and
// be measured at going to sleep and being woken.
const people = 64

// signIns has new people sign in, each with a jar of their own.
func (b *bed) signIns(s *subject) (figures, error) {
	connections := transport()
	defer connections.CloseIdleConnections()
	return s.cost(func() (int, figures, error) {
		begin := time.Now()
		end := begin.Add(time.Duration(b.seconds) * time.Second)
		var done [people]int
		var failed [people]error
		var wait sync.WaitGroup
		for i := range people {
			wait.Go(func() {
				for time.Now().Before(end) && failed[i] == nil {
					if _, failed[i] = browser.SignIn(connections, s.url+"/1k"); failed[i] == nil {
						done[i]++
					}
				}
			})
		}
		wait.Wait()
		n := 0
		for _, of := range done {
			n += of
		}
		return n, figures{rate: float64(n) / time.Since(begin).Seconds()}, errors.Join(failed[:]...)
	})
}
