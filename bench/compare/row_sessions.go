package main

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
)

// manySessions is how many people are signed in in the row of growth.
const manySessions = 100_000

const (
	oneSession     = "1 session"
	manyByDefault  = "100,000, default memory"
	manyRemembered = "100,000, remember_max 512MiB"
	manyLean       = "the same without assertions"
)

// sessionsTurns: the same requests, each with the cookie of the next person.
// Signing so many people in would take minutes, so one signs in and the others
// are sealed as copies under the same key.
func sessionsTurns(b *bed) (turns []turn, err error) {
	for _, who := range []struct {
		place, name string
		variant     variant
		people      int
	}{
		{"plain", oneSession, variant{}, 1},
		{"sessions", manyByDefault, variant{}, manySessions},
		{"many-sessions", manyRemembered, variant{session: "  remember_max: 512MiB\n"}, manySessions},
		{"many-lean", manyLean, variant{session: "  remember_max: 512MiB\n", rest: "assertion: {enabled: false}\n"}, manySessions},
	} {
		s, err := b.warm(func() (*subject, error) { return b.gatehouse(who.place, gatehouse, who.variant) })
		if err != nil {
			return nil, err
		}
		cookies, err := b.people(s, who.people)
		if err != nil {
			return nil, err
		}
		file, err := b.file(who.place+".cookies", strings.Join(cookies, "\n")+"\n")
		if err != nil {
			return nil, err
		}
		l := load{path: "/1k", connections: 64, anonymous: true, script: "bench/people.lua", arguments: []string{file}}
		// Everybody has been here once before anything is measured.
		for seen := 0.0; seen < float64(who.people); {
			warming := l
			warming.seconds, warming.arguments = 4, []string{file, fmt.Sprint(int(seen))}
			f, err := b.wrk(s, warming)
			if err != nil {
				return nil, err
			}
			seen += f[rate] * 4
		}
		turns = append(turns, turn{who.name, func() (figures, error) { return b.wrk(s, l) }, s})
	}
	return turns, nil
}

// people are the cookies of so many sessions at the subject, whose own is one.
func (b *bed) people(s *subject, n int) (cookies []string, err error) {
	own := strings.TrimPrefix(s.header[len(s.header)-1], "Cookie: ")
	cookies = []string{own}
	if n == 1 {
		return cookies, nil
	}
	secret, err := hex.DecodeString(b.key)
	if err != nil {
		return nil, err
	}
	keys, err := session.NewKeys([][]byte{secret})
	if err != nil {
		return nil, err
	}
	names, err := session.NewNames("gatehouse")
	if err != nil {
		return nil, err
	}
	store, err := session.NewCookieStore(session.Options{Keys: keys, Names: names, Idle: time.Hour, Absolute: 12 * time.Hour})
	if err != nil {
		return nil, err
	}
	r := httptest.NewRequest(http.MethodGet, s.url+"/1k", nil)
	r.URL.Scheme = "http"
	r.Header.Set("Cookie", own)
	original, err := store.Load(r)
	if err != nil {
		return nil, err
	}
	r.Header.Del("Cookie")
	for i := 1; i < n; i++ {
		next := *original
		next.ID = rand.Text()
		next.Identity.Subject = fmt.Sprintf("%s-%d", original.Identity.Subject, i)
		w := httptest.NewRecorder()
		if err := store.Save(w, r, &next); err != nil {
			return nil, err
		}
		var pairs []string
		for _, cookie := range w.Result().Cookies() {
			pairs = append(pairs, cookie.Name+"="+cookie.Value)
		}
		cookies = append(cookies, strings.Join(pairs, "; "))
	}
	return cookies, nil
}
