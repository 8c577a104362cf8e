package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// admin asks the operators' listener.
func (h *house) admin(path string, header ...string) *answer {
	h.t.Helper()
	return h.ask("admin", path, header...)
}

// post tells the operators' listener to do something.
func (h *house) post(path string, header ...string) *answer {
	h.t.Helper()
	return h.request("POST", "admin", path, header...)
}

func (h *house) ask(listener, path string, header ...string) *answer {
	h.t.Helper()
	return h.request("GET", listener, path, header...)
}

func (h *house) request(method, listener, path string, header ...string) *answer {
	h.t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, "http://"+h.at(listener)+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	transport := &http.Transport{DisableKeepAlives: true}
	res, err := transport.RoundTrip(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.log.reveals(string(body)) {
		h.t.Errorf("%s tells a secret:\n%s", path, body)
	}
	return &answer{res, h.t, string(body)}
}

// TestProbes: what each listener serves, and what it does not.
func TestProbes(t *testing.T) {
	t.Parallel()
	h := start(t, `
server:
  listen: 127.0.0.1:0
  probe_listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0", token: "admin-token-8Wq2Lx", hosts: [ops.example.test]}
`+oneKey+fromPing+threeRoutes)
	h.log.secret("admin-token-8Wq2Lx")
	for _, listener := range []string{"probe", "admin"} {
		h.ask(listener, "/healthz").wants(200)
		h.ask(listener, "/metrics").wants(200).says("gatehouse_build_info")
		eventually(t, "provider that is up", func() bool {
			ready := h.ask(listener, "/readyz").wants(200).json()
			return ready["status"] == "ready" && ready["store"] != "" && ready["providers"].(map[string]any)["ping"] == "up"
		})
		h.ask(listener, "/x").wants(404)
		h.ask(listener, "/.auth/me").wants(404)
	}
	h.ask("probe", "/debug/pprof/").wants(404)
	h.ask("admin", "/debug/pprof/").wants(401)
	h.ask("admin", "/debug/pprof/", "Authorization", "Bearer wrong").wants(401)
	h.ask("admin", "/debug/pprof/", "Authorization", "admin-token-8Wq2Lx").wants(401)
	h.ask("admin", "/debug/pprof/", "Authorization", "Bearer admin-token-8Wq2Lx").wants(200)
	for host, want := range map[string]int{"localhost": 200, "localhost:1": 200, "127.0.0.1": 200, "[::1]:9180": 200, "ops.example.test": 200, "OPS.example.test:80": 200, "evil.example": 421, "localhost.evil.example": 421, "127.0.0.1.evil.example": 421} {
		if a := h.ask("admin", "/healthz", "Host", host); a.StatusCode != want {
			t.Errorf("admin at %s: %d, want %d", host, a.StatusCode, want)
		}
	}
	b := h.browser()
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/debug/pprof/"} {
		b.fetch("GET", home+path, "").wants(http.StatusUnauthorized) // the application's
	}
}

// TestMetrics: the names of the contract, and labels from the file and closed
// sets only.
func TestMetrics(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()
	b.fetch("GET", home+"/admin", "").wants(403)
	h.browser().fetch("GET", home+"/made-up-"+forger, "").wants(401)
	b.fetch("BREW-"+strings.ToUpper(forger), home+"/x", "")
	b.once("https://" + forger + ".example.test/").wants(421)
	b.once(home + "/.auth/callback/ping?error=" + forger + "&state=x").wants(400)
	b.once(home + "/.auth/login?provider=" + forger).wants(404)
	failing := h.browser()
	callback := failing.until(home+"/.auth/callback/", home+"/x")
	failing.once(withQuery(callback, func(q url.Values) { q.Set("error", forger); q.Del("code") })).wants(400)

	for _, want := range []string{ // a request is counted after its answer was sent
		`gatehouse_requests_total{code="200",decision="allow",route="staff"}`,
		`gatehouse_requests_total{code="403",decision="deny",route="admin"} 1`,
		`gatehouse_requests_total{code="401",decision="sign_in",route="staff"} 1`,
		`gatehouse_requests_total{code="421",`,
		`gatehouse_request_duration_seconds_bucket{route="staff",`,
		`gatehouse_upstream_duration_seconds_bucket{route="staff",`,
		`gatehouse_sign_ins_total{outcome="success",provider="ping",reason=""} 1`,
		`gatehouse_sign_ins_total{outcome="failure",provider="ping",`,
		`gatehouse_provider_up{provider="ping"} 1`,
		`gatehouse_sessions_remembered `,
		`gatehouse_config_loaded_timestamp_seconds `,
		`gatehouse_build_info{`, `go_goroutines`, `process_resident_memory_bytes`,
	} {
		eventually(t, want+" in the metrics", func() bool { return strings.Contains(h.admin("/metrics").text, want) })
	}
	text := h.admin("/metrics").wants(200).text
	if strings.Contains(strings.ToLower(text), forger) {
		t.Error("a stranger's word is a label")
	}
	routes := map[string]bool{}
	for _, found := range regexp.MustCompile(`route="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		routes[found[1]] = true
	}
	for route := range routes {
		if !slices.Contains([]string{"front", "staff", "admin", "-"}, route) {
			t.Errorf("a label says route %q", route)
		}
	}
}

// TestAccessLogFields: one line a request, with the contract's fields, and no
// query, which carries codes and tokens.
func TestAccessLogFields(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/reports/7?q=marker-5150", "").fromApp()
	id := h.app.only(t).Header.Get("X-Request-Id")
	line := h.log.last(t, "request", func(r map[string]any) bool { return r["request_id"] == id })
	for name, want := range map[string]any{
		"level": "INFO", "method": "GET", "host": "app.example.test", "path": "/reports/7", "status": 200.0, "bytes": float64(len(hello)),
		"peer": "127.0.0.1", "route": "staff", "provider": "ping", "subject": "0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11",
		"email": "ana.kovacs@example.com", "decision": "allow",
	} {
		if line[name] != want {
			t.Errorf("%s is %v, want %v", name, line[name], want)
		}
	}
	if when, err := time.Parse(time.RFC3339Nano, fmt.Sprint(line["time"])); err != nil || time.Since(when) > time.Minute {
		t.Errorf("time is %v", line["time"])
	}
	if d, ok := line["duration_ms"].(float64); !ok || d <= 0 || d > 10_000 {
		t.Errorf("duration_ms is %v", line["duration_ms"])
	}
	if s := fmt.Sprint(line["session"]); len(s) < 8 || s == b.me()["session"].(map[string]any)["id"] {
		t.Errorf("session is %q, no hash", s)
	}
	if u := fmt.Sprint(line["upstream"]); !strings.Contains(h.app.url, strings.TrimPrefix(u, "http://")) {
		t.Errorf("upstream is %q", u)
	}
	denied := b.fetch("GET", home+"/admin", "").wants(403).json()["request_id"]
	line = h.log.last(t, "request", func(r map[string]any) bool { return r["request_id"] == denied })
	if line["decision"] != "deny" || line["status"] != 403.0 || line["reason"] == nil {
		t.Errorf("a denial is logged as %v", line)
	}
	b.once("https://unknown.example.test/x").wants(421)
	if strings.Contains(h.log.text(), "marker-5150") {
		t.Error("the log holds a query")
	}
	if n := len(h.log.lines("request")); n < 6 {
		t.Errorf("%d lines", n)
	}
}

// TestNoSecretLeaves: tokens, codes, verifiers, cookies, keys and the
// provider's words, planted everywhere at once, turn up in no log, metric,
// page or header to the application. Every other test looks at its log too.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	h := start(t, mistrusting)
	h.rogue.Play(rogue.Script{
		Token: func(_ http.ResponseWriter, r *http.Request) bool {
			h.log.secret(r.PostFormValue("code"), r.PostFormValue("code_verifier"), strings.TrimPrefix(r.Header.Get("Authorization"), "Basic "))
			return false
		},
		Compact: func(token string) string {
			h.log.secret(token, token[strings.LastIndex(token, ".")+1:])
			return token
		},
	})
	b := h.signIn("")
	everything := func() {
		b.open(home + "/x").fromApp()
		b.open(home + "/admin").wants(403)
		b.open(home + "/.auth/").wants(200)
		b.fetch("GET", home+"/.auth/me", "").wants(200)
		h.admin("/metrics")
		h.admin("/readyz")
		for _, r := range h.app.take() {
			if h.log.reveals(fmt.Sprint(r.Header)) {
				t.Errorf("the app sees a secret: %v", r.Header)
			}
		}
	}
	everything()
	// Every failure that quotes what it failed on would show it now.
	for _, attack := range slices.Concat(rogue.TokenAttacks(), rogue.ResponseAttacks()) {
		script := attack.Script()
		compact := script.Compact
		script.Compact = func(token string) string {
			if compact != nil {
				token = compact(token)
			}
			h.log.secret(token, token[strings.LastIndex(token, ".")+1:])
			return token
		}
		h.rogue.Play(script)
		other := h.browser()
		other.once(other.until(home+"/.auth/callback/", home+"/x").String())
	}
	h.rogue.Play(rogue.Script{Token: func(w http.ResponseWriter, _ *http.Request) bool {
		h.log.secret("marker-in-a-refusal")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		io.WriteString(w, `{"error":"invalid_grant","access_token":"marker-in-a-refusal","refresh_token":"marker-in-a-refusal","id_token":"marker-in-a-refusal"}`)
		return true
	}})
	other := h.browser()
	other.once(other.until(home+"/.auth/callback/", home+"/x").String()).wants(400)
	h.rogue.Play(rogue.Script{})
	everything()
	b.once(home + "/.auth/logout").wants(303)
}

// TestGracefulShutdown: readyz says so, nobody new comes in, and the request
// that runs is finished; then Serve returns nil.
func TestGracefulShutdown(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	running, finish := make(chan struct{}), make(chan struct{})
	h.app.answers(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "begun, ")
		w.(http.Flusher).Flush()
		close(running)
		<-finish
		io.WriteString(w, "finished")
	})
	done := make(chan *answer)
	go func() { done <- h.browser().fetch("GET", home+"/public/x", "") }()
	<-running
	h.stop()
	eventually(t, "draining", func() bool { return h.admin("/readyz").StatusCode == http.StatusServiceUnavailable })
	if status := h.admin("/readyz").json()["status"]; status != "draining" {
		t.Errorf("readyz says %v", status)
	}
	h.admin("/healthz").wants(200)
	eventually(t, "closed door", func() bool {
		c, err := net.Dial("tcp", h.at("public"))
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	select {
	case err := <-h.served:
		t.Fatalf("Serve returned %v while a request runs", err)
	default:
	}
	close(finish)
	if a := <-done; a.StatusCode != http.StatusOK || a.text != "begun, finished" {
		t.Errorf("the running request got %d %q", a.StatusCode, a.text)
	}
}

// TestShutdownCutsAtItsDeadline: what does not finish in shutdown_timeout is
// cut, and Serve says so.
func TestShutdownCutsAtItsDeadline(t *testing.T) {
	t.Parallel()
	h := start(t, strings.Replace(simple, "listen: 127.0.0.1:0", "listen: 127.0.0.1:0\n  shutdown_timeout: 100ms", 1))
	h.expects = gateway.ErrCut
	running := make(chan struct{})
	h.app.answers(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "begun, ")
		w.(http.Flusher).Flush()
		close(running)
		<-r.Context().Done()
	})
	conn := h.connect(t)
	conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\n\n")
	<-running
	began := time.Now()
	h.close()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	res, err := http.ReadResponse(conn.r, nil)
	if err != nil {
		return // cut before its head was sent
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("a cut answer looks complete: %q", body)
	}
}

// TestShutdownEndsWebSockets: net/http forgets connections that were handed
// over, and a process that ends must not.
func TestShutdownEndsWebSockets(t *testing.T) {
	t.Parallel()
	h := start(t, simple)
	conn := h.webSocket(t, "/public/x", "a=b")
	h.close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := io.Copy(io.Discard, conn.r); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("the WebSocket outlives Serve")
	}
}

// TestOpenRefusesAnAddressInUse before anything serves, and lets go of what it
// had opened.
func TestOpenRefusesAnAddressInUse(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	free.Close()
	err = openOnly(t, `
server: {listen: "`+address+`", admin: {listen: "`+taken.Addr().String()+`"}}
`+oneKey+`
routes: [{from: "https://app.example.test", to: "http://127.0.0.1:1", policy: public}]
`)
	if err == nil || !strings.Contains(err.Error(), "admin") || strings.Contains(err.Error(), "\n") {
		t.Errorf("the error is %v", err)
	}
	again, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatalf("the public listener is still open: %v", err)
	}
	again.Close()
}

// TestUnixSocket: a gateway behind a socket file, whose peers are trusted by
// the word "unix".
func TestUnixSocket(t *testing.T) {
	t.Parallel()
	socket := t.TempDir() + "/gatehouse.sock"
	h := start(t, strings.Replace(simple, "listen: 127.0.0.1:0", `listen: "unix:${SOCKET}"
  trusted_proxies: [unix]`, 1), with("SOCKET", socket))
	c, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	conn := h.over(t, c)
	conn.write("GET /public/x HTTP/1.1\nHost: app.example.test\nX-Forwarded-For: 198.51.100.7\nX-Forwarded-Proto: https\n\n")
	conn.read().fromApp()
	if got := h.app.only(t).named("X-Forwarded-For"); len(got) != 1 || got[0] != "198.51.100.7" {
		t.Errorf("the app sees X-Forwarded-For %q", got)
	}
}
