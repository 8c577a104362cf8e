package main

import "fmt"

// signedInRows: somebody who is signed in asks for an answer of one size over
// some connections, through everybody.
func signedInRows() []row {
	cheaper := func(than string, most float64) bound { return bound{figure: cpu, times: than, most: most} }
	one := []bound{{figure: p50, times: nginx, most: 1.15}, cheaper(bare, 0.9)}
	large := []bound{cheaper(bare, 0.85), cheaper(nginx, 1.0)}
	return []row{
		signedIn("1k-64", "1 KiB", "/1k", 64, []bound{cheaper(bare, 0.85), cheaper(oauth2Proxy, 0.15), cheaper(openidc, 0.25), cheaper(nginx, 2.2)}),
		signedIn("1k-1", "1 KiB", "/1k", 1, one),
		signedIn("1m-64", "1 MiB", "/1m", 64, large),
		signedIn("1m-1", "1 MiB", "/1m", 1, large),
	}
}

func signedIn(name, size, path string, n int, bounds []bound) row {
	return row{name: name, title: fmt.Sprintf("signed in, %s, %s", size, connections(n)), bounds: bounds, turns: func(b *bed) ([]turn, error) {
		return b.under(load{path: path, connections: n},
			b.plain, b.nginx, b.bare, b.haproxy, b.oauth2Proxied, b.nginxVouch, b.apache)
	}}
}

// under has each subject take a turn under one load, and leaves out peers that
// were not named.
func (b *bed) under(l load, subjects ...func() (*subject, error)) (turns []turn, err error) {
	for _, start := range subjects {
		s, err := b.warm(start)
		if err != nil {
			return nil, err
		}
		if s != nil {
			turns = append(turns, turn{s.name, func() (figures, error) { return b.wrk(s, l) }, s})
		}
	}
	return turns, nil
}

// warm starts a subject and gives it a second of load the first time. A peer
// that was not named is nil.
func (b *bed) warm(start func() (*subject, error)) (*subject, error) {
	s, err := start()
	if s == nil || err != nil || s.warmed {
		return s, err
	}
	s.warmed = true
	_, err = b.wrk(s, load{path: "/1k", connections: 64, seconds: 1})
	return s, err
}
