package attack

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
)

// rechecking asks the provider again every five minutes.
var rechecking = strings.Replace(mistrusting, "session:\n", "session:\n  recheck: 5m\n", 1)

// TestARefreshIsNobodyElses [OpenID Connect Core 12.2]: a refreshed ID token
// is as good as a first one and of the same person, or the session ends. What
// it says of groups counts from then on.
func TestARefreshIsNobodyElses(t *testing.T) {
	a := begin(t, "refresh")
	claims := func(more object) rogue.Script {
		return rogue.Script{IDToken: func(token, _ map[string]any) {
			token["groups"] = []string{"staff"}
			over(token, more)
		}, Userinfo: func(claims map[string]any) {
			if _, given := more["groups"]; given {
				over(claims, object{"groups": more["groups"]})
			}
		}}
	}
	answer := func(more object) rogue.Script {
		s := claims(nil)
		s.Answer = func(answer map[string]any) { over(answer, more) }
		return s
	}
	token := func(status int, body string) rogue.Script {
		s := claims(nil)
		s.Token = func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
			return true
		}
		return s
	}
	now := time.Now().Unix()
	for _, c := range []struct {
		name string
		want verdict
		then rogue.Script
	}{
		{"benign", pass, claims(nil)},
		{"benign: no ID token", pass, answer(object{"id_token": nil})},
		{"benign: no new refresh token", pass, answer(object{"refresh_token": nil})},
		{"benign: no nonce", pass, claims(object{"nonce": nil})},
		{"benign: more groups", pass, claims(object{"groups": []string{"staff", "more"}})},
		{"another sub", signIn, claims(object{"sub": "another"})},
		{"an administrator's sub", signIn, claims(object{"sub": "another", "groups": []string{"staff", "administrators"}})},
		{"no sub", signIn, claims(object{"sub": nil})},
		{"an empty sub", signIn, claims(object{"sub": ""})},
		{"a sub that is a number", signIn, claims(object{"sub": 7})},
		{"sub in another case", signIn, claims(object{"sub": strings.ToUpper(rogue.Subject)})},
		{"another issuer", signIn, claims(object{"iss": "https://evil.example"})},
		{"no issuer", signIn, claims(object{"iss": nil})},
		{"another audience", signIn, claims(object{"aud": "other"})},
		{"no audience", signIn, claims(object{"aud": nil})},
		{"two audiences, another azp", signIn, claims(object{"aud": []string{rogue.ClientID, "other"}, "azp": "other"})},
		{"expired", signIn, claims(object{"exp": now - 7200})},
		{"not yet valid", signIn, claims(object{"nbf": now + 7200})},
		{"no exp", signIn, claims(object{"exp": nil})},
		{"alg none", signIn, rogue.Script{IDToken: func(c, h map[string]any) { c["groups"] = []string{"staff"}; h["alg"] = "none" }}},
		{"HS256 with the public key", signIn, rogue.Script{IDToken: func(c, h map[string]any) { c["groups"] = []string{"staff"}; h["alg"] = "HS256" }, Key: func(k rogue.Keys) any { return k.PublicPEM() }}},
		{"another key", signIn, rogue.Script{IDToken: claims(nil).IDToken, Key: func(k rogue.Keys) any { return k.Unpublished }}},
		{"a cut signature", signIn, rogue.Script{IDToken: claims(nil).IDToken, Compact: func(token string) string { return token[:strings.LastIndex(token, ".")+1] }}},
		{"groups taken away", forbid, claims(object{"groups": []string{}})},
		{"groups left out", forbid, claims(object{"groups": nil})},
		{"groups of another type", forbid, claims(object{"groups": object{"staff": true}})},
		{"groups null", forbid, claims(object{"groups": json.RawMessage("null")})},
		{"invalid_grant", signIn, token(400, `{"error":"invalid_grant"}`)},
		{"invalid_grant with 401", signIn, token(401, `{"error":"invalid_grant"}`)},
		{"benign: the provider is down", pass, token(500, ``)},
		{"benign: the provider throttles", pass, token(429, ``)},
		{"benign: a page of a broken proxy", pass, token(502, `<html>bad gateway</html>`)},
	} {
		a.try(c.name, func(t *testing.T) {
			w := open(t, rechecking, claims(nil))
			p := w.signIn(t, "")
			cookie := p.cookie()
			w.judge(t, pass, p.follow(home+"/x"))
			asked := w.rogue.Count("token")
			w.rogue.Play(c.then)
			w.clock.advance(6 * time.Minute)
			r := p.step(home+"/x", "Sec-Fetch-Mode: cors")
			w.judge(t, c.want, r)
			if w.rogue.Count("token") == asked {
				t.Error("the provider was not asked")
			}
			if c.want != signIn {
				return
			}
			for _, cookie := range []string{cookie, p.cookieOrNone()} { // and stays so, copied or not
				w.judge(t, signIn, inTheClear.ask(w, t, request{target: "/x", fields: []string{"Cookie: " + cookie}}))
			}
		})
	}
}

// TestARefreshTokenIsUsedOnce: however many requests wait for it, and reuse at
// the provider would end everything.
func TestARefreshTokenIsUsedOnce(t *testing.T) {
	a := begin(t, "refresh")
	w := open(t, rechecking, rogue.Script{IDToken: func(token, _ map[string]any) { token["groups"] = []string{"staff"} }})
	p := w.signIn(t, "")
	var mu sync.Mutex // guards used
	used := map[string]int{}
	var n atomic.Int64
	w.rogue.Play(rogue.Script{
		IDToken: func(token, _ map[string]any) { token["groups"] = []string{"staff"} },
		Token: func(_ http.ResponseWriter, r *http.Request) bool {
			_ = r.ParseForm()
			mu.Lock()
			used[r.PostForm.Get("refresh_token")]++
			mu.Unlock()
			return false
		},
		Answer: func(answer map[string]any) { answer["refresh_token"] = "rotated-" + itoa(int(n.Add(1))) },
	})
	for round := range 4 {
		a.try("round "+itoa(round), func(t *testing.T) {
			w.clock.advance(6 * time.Minute)
			cookie := "Cookie: " + p.cookie()
			var all sync.WaitGroup
			for i := range 40 {
				all.Go(func() {
					if r := ways[i%2*3].ask(w, t, request{target: "/x", fields: []string{cookie}}); r.status != http.StatusOK {
						t.Errorf("%d", r.status)
					}
				})
			}
			all.Wait()
			p.step(home + "/x")
			w.app.take()
		})
	}
	a.try("each was used once", func(t *testing.T) {
		mu.Lock()
		defer mu.Unlock()
		if len(used) < 2 {
			t.Errorf("used %v", used)
		}
		for token, n := range used {
			if n > 1 {
				t.Errorf("%s was used %d times", token, n)
			}
		}
	})
}

// cookieOrNone is cookie for somebody who may have none.
func (p *person) cookieOrNone() string {
	var pairs []string
	for _, c := range p.cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return strings.Join(pairs, "; ")
}
