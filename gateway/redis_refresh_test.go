package gateway_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

// sharedBearing is shared with the access token for the app.
var sharedBearing = strings.Replace(shared, "store: redis", "store: redis\n  idle: 0", 1) + `
headers:
  Authorization: {token: access, prefix: "Bearer "}
`

// replicas are two gateways that share sessions, and a browser's cookie.
func replicas(t *testing.T) (server *redistest.Server, one, two *house, cookie string) {
	t.Helper()
	server = redistest.Start(t)
	one = start(t, sharedBearing, with("REDIS", server.Address))
	two = start(t, sharedBearing, with("REDIS", server.Address), besides(one))
	return server, one, two, one.signIn("ana.kovacs").sessionCookie()
}

// TestTwoReplicasMakeOneGrant: 200 parallel requests on each, a spent access
// token, refresh tokens that count once and a provider that takes five seconds
// [security.md, faults and load].
func TestTwoReplicasMakeOneGrant(t *testing.T) {
	t.Parallel()
	_, one, two, cookie := replicas(t)
	for _, h := range []*house{one, two} {
		h.clock.advance(61 * time.Minute)
	}
	one.idp.Fault(devidp.Token, devidp.Fault{Delay: 5 * time.Second})
	before := one.idp.Count(devidp.Token)
	var all sync.WaitGroup
	answers := make([]*answer, 400)
	browsers := []*browser{one.browser(), two.browser()}
	for i := range answers {
		all.Go(func() { answers[i] = browsers[i%2].fetch("GET", home+"/x", "", "Cookie", cookie) })
	}
	all.Wait()
	for _, a := range answers {
		if a.StatusCode != http.StatusOK {
			t.Fatalf("an answer of %d: %s", a.StatusCode, a.gist())
		}
	}
	if n := one.idp.Count(devidp.Token) - before; n != 1 {
		t.Errorf("%d grants", n)
	}
	got := append(one.app.take(), two.app.take()...)
	for _, r := range got {
		if r.token() == "" || r.token() != got[0].token() {
			t.Fatal("not everybody has the new token")
		}
	}
}

// TestTokenOfAKilledHolderIsNotSpentAgain: what was begun and not finished may
// have happened. The session goes on without tokens.
func TestTokenOfAKilledHolderIsNotSpentAgain(t *testing.T) {
	t.Parallel()
	server, one, two, cookie := replicas(t)
	for _, h := range []*house{one, two} {
		h.clock.advance(61 * time.Minute)
	}
	// The holder dies while the provider thinks: nothing of it comes back.
	hold := make(chan struct{})
	one.idp.Fault(devidp.Token, devidp.Fault{Hold: hold, Times: 1})
	before := one.idp.Count(devidp.Token)
	dying := one.browser()
	var holder sync.WaitGroup
	holder.Go(func() { dying.fetch("GET", home+"/x", "", "Cookie", cookie) })
	eventually(t, "the grant under way", func() bool { return one.idp.Count(devidp.Token) == before+1 })
	for _, key := range strings.Fields(server.Do("KEYS", "gatehouse:l:*")) {
		server.Do("DEL", key) // the lease ends
	}
	b := two.browser()
	b.fetch("GET", home+"/x", "", "Cookie", cookie).fromApp()
	if got := two.app.only(t); got.Header.Get("Authorization") != "" {
		t.Error("an expired token was sent")
	}
	if n := one.idp.Count(devidp.Token) - before; n != 1 {
		t.Errorf("the token was spent %d times", n)
	}
	two.log.last(t, "audit", func(r map[string]any) bool {
		return r["event"] == "refresh_failed" && r["reason"] == "refresh_interrupted"
	})
	close(hold)
	holder.Wait()
}
