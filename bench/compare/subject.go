package main

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/bench/browser"
)

// subject is somebody who answers requests: where, at whose cost, and what
// lets a request in.
type subject struct {
	name   string     // as tables show it
	url    string     // scheme and host
	header []string   // lines of every request
	works  []*process // whose CPU time counts
	warmed bool
	// operators is the address of a Gatehouse's operators' listener, which
	// serves profiles; empty unless somebody wants them.
	operators string
}

// figures are what one turn came to, by their names in tables.
type figures map[string]float64

const (
	cpu  = "CPU µs"  // of the subject, for each answer
	p50  = "p50 ms"  //
	p99  = "p99 ms"  //
	rate = "1/s"     // answers a second
	rss  = "RSS MiB" //
)

// spent is the subject's CPU time so far.
func (s *subject) spent() (sum time.Duration) {
	for _, p := range s.works {
		sum += p.cpu()
	}
	return sum
}

func (s *subject) resident() (sum float64) {
	for _, p := range s.works {
		sum += p.resident()
	}
	return sum
}

// cost runs work, which says how many answers it got, and adds what they cost.
func (s *subject) cost(work func() (answers int, f figures, err error)) (figures, error) {
	before := s.spent()
	answers, f, err := work()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	if answers == 0 {
		return nil, fmt.Errorf("%s answered nothing", s.name)
	}
	if f == nil {
		f = figures{}
	}
	f[cpu] = float64(s.spent()-before) / 1e3 / float64(answers)
	f[rss] = s.resident()
	for _, p := range s.works {
		_ = p.log.Truncate(0)
	}
	return f, nil
}

// transport is a new one for people, who believe any certificate here.
func transport() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, MaxIdleConnsPerHost: 64}
}

// signIn gets a session and keeps its cookie.
func (s *subject) signIn() error {
	cookies, err := browser.SignIn(transport(), s.url+"/1k")
	if err != nil {
		return fmt.Errorf("sign in through %s: %w; it said: %s", s.name, err, s.works[len(s.works)-1].said())
	}
	s.header = append(s.header, "Cookie: "+cookies)
	return nil
}
