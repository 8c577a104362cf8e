package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// TestAnotherReplicaTakesOverFromAKilledHolder: two processes share sessions on
// a real server, and one is killed, without a word, while it holds the lock of a
// session and spends its refresh token. The other gets on when the lease ends,
// does not spend the token again, and the person stays signed in.
func TestAnotherReplicaTakesOverFromAKilledHolder(t *testing.T) {
	ports := freePorts(t, 3)
	cli := program(t, "redis-cli")
	startRedis(t, ports[2])
	idp := newProvider(t, false)
	hold := make(chan struct{})
	var times atomic.Int32
	idp.renewed = func(http.ResponseWriter, *http.Request) {
		times.Add(1)
		<-hold // the answer never comes
	}
	t.Cleanup(func() { close(hold) })
	locks := func() string {
		keys, err := exec.Command(cli, "-p", ports[2], "--raw", "KEYS", "gatehouse:l:*").Output()
		if err != nil {
			t.Error(err)
		}
		return string(keys)
	}
	behind := newApp(t)
	base := "http://127.0.0.1:" + ports[0] // also what people ask the second for
	file := func(port string) string {
		return fmt.Sprintf(`
server: {listen: "127.0.0.1:%s", admin: {listen: ""}}
session: {keys: [%s], store: redis, redis: {urls: ["redis://127.0.0.1:%s/0"]}}
providers:
  - {name: corp, type: oidc, issuer: %q, client_id: gatehouse, client_secret: only for the tests}
routes:
  - {from: %q, to: %q, policy: [{allow: everyone}], headers: {X-Token: {token: access}}}
`, port, strings.Repeat("0123456789abcdef", 4), ports[2], idp.URL, base, behind.URL)
	}
	one := serve(t, file(ports[0]), base, http.DefaultClient)
	two := serve(t, file(ports[1]), "http://127.0.0.1:"+ports[1], http.DefaultClient)

	p := newPerson(t, nil)
	if at := p.visit(base + "/x"); at.Status != http.StatusOK {
		t.Fatalf("%d at %s\n%s", at.Status, at.URL, at.Body)
	}
	session := p.given["gatehouse"]
	if session == nil {
		t.Fatalf("no session among %v", p.given)
	}
	ask := func(port string) (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:"+port+"/y", nil)
		if err != nil {
			return "", err
		}
		r.Host = "127.0.0.1:" + ports[0]
		r.AddCookie(&http.Cookie{Name: session.Name, Value: session.Value})
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		return answer.Status + " " + string(body), err
	}
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	for began := time.Now(); times.Load() == 0; <-again.C {
		go ask(ports[0]) // nobody waits: one of these is never answered
		if time.Since(began) > patience {
			t.Fatal("nothing was renewed")
		}
	}
	if held := locks(); strings.Count(held, "gatehouse:l:") != 1 {
		t.Fatalf("locks held: %q", held)
	}
	one.stop(syscall.SIGKILL)

	if got, err := ask(ports[1]); err != nil || got != "200 OK app /y" {
		t.Errorf("%s %v", got, err)
	}
	two.await(t, `"reason":"refresh_interrupted"`)
	behind.got(t, map[string]string{"X-Forwarded-User": "ada", "X-Token": ""})
	if n := times.Load(); n != 1 {
		t.Errorf("the refresh token was spent %d times", n)
	}
}
