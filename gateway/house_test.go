package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/devidp/idptest"
	"github.com/gatehouse-proxy/gatehouse/devidp/rogue"
	"github.com/gatehouse-proxy/gatehouse/gateway"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// Parts of the files under test. Their public addresses end in .test and
// browsers find them at the gateway's listener; everything else listens on
// ports that the system chose and comes in by variables:
//
//	PING    scheme and host of a provider of PingOne's shape
//	ROGUE   the issuer of a provider that lies to order
//	APP     the application, which records what reaches it
const (
	onLoopback = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
`
	oneKey = `
session:
  keys: ["${KEY}"]
`
	fromPing = `
providers:
  - name: ping
    display_name: Company account
    type: pingone
    environment_id: 7c3e1b52-9d40-4f6a-8e27-51c0a9f4d6b3
    base_url: "${PING}"
    client_id: gatehouse
    client_secret: "${PING_SECRET}"
`
	fromRogue = `
providers:
  - name: rogue
    type: oidc
    issuer: "${ROGUE}"
    client_id: rogue-client
    client_secret: "${ROGUE_SECRET}"
`
	threeRoutes = `
routes:
  - name: front
    from: https://app.example.test/public
    to: "${APP}"
    policy: public
  - name: staff
    from: https://app.example.test
    to: "${APP}"
    policy: [{allow: {group: staff}}]
  - name: admin
    from: https://app.example.test/admin
    to: "${APP}"
    policy: [{name: administrators, allow: {group: administrators}}]
`
	// simple protects one application at https://app.example.test: all of it
	// for staff, /admin for administrators, and /public for everybody.
	simple = onLoopback + oneKey + fromPing + threeRoutes
	// mistrusting is simple with a provider that lies to order.
	mistrusting = onLoopback + oneKey + fromRogue + threeRoutes
)

const (
	home       = "https://app.example.test"
	sessionKey = "5f1d7a90c4e26b8833a1f04d9be7520c6d8e41f7a23b95c0e17f6482d0a9b35c"
	pingSecret = "ping-secret-9Qk3vX7wLr2T"
)

// house is a running gateway with what stands before and behind it.
type house struct {
	t      testing.TB
	server *gateway.Server
	idp    *devidp.Server  // at ${PING}, nil unless the file names it
	rogue  *rogue.Provider // at ${ROGUE}, likewise
	app    *app            // at ${APP}
	clock  *clock
	log    *logbook
	source *gateway.Source // nil unless the file can be loaded again
	// keepFile says that the file is on disk already.
	keepFile  bool
	notify    func(string)
	inherited map[string]net.Listener

	descriptors int // 0: as many as there are

	ctx     context.Context
	stop    context.CancelFunc
	served  chan error // what Serve returned, once
	expects error      // what Serve should return
}

// option changes a house before it opens.
type option func(*house, map[string]string)

// with sets a variable of the file.
func with(name, value string) option {
	return func(_ *house, env map[string]string) { env[name] = value }
}

// playing makes the rogue follow a script from its first answer on.
func playing(s rogue.Script) option {
	return func(h *house, _ map[string]string) { h.rogue.Play(s) }
}

// besides is a second gateway at the first one's provider.
func besides(first *house) option {
	return func(h *house, env map[string]string) {
		h.idp = first.idp
		env["PING"] = base(h.idp)
	}
}

// base is scheme and host of a provider of PingOne's shape.
func base(idp *devidp.Server) string {
	return strings.TrimSuffix(idp.Issuer(), "/"+devidp.EnvironmentID+"/as")
}

// before runs once the neighbours are up and the gateway is not.
func before(do func(h *house)) option {
	return func(h *house, _ map[string]string) { do(h) }
}

// start serves the file until the test ends. Whatever the test is about, at
// its end no secret may have reached the log, and the gateway must have
// drained.
func start(t testing.TB, file string, options ...option) *house {
	t.Helper()
	h := &house{t: t, clock: &clock{}, log: &logbook{}, served: make(chan error, 1)}
	env := map[string]string{"KEY": sessionKey, "PING_SECRET": pingSecret, "ROGUE_SECRET": rogue.ClientSecret}
	h.log.secret(sessionKey, pingSecret, rogue.ClientSecret, "rogue-access-token", "rogue-refresh-token")
	h.app = newApp(t)
	env["APP"] = h.app.url
	if strings.Contains(file, "${PING}") {
		h.idp = idptest.Start(t, devidp.Options{Now: h.clock.now})
		env["PING"] = base(h.idp)
		h.idp.AutoLogin("ana.kovacs")
	}
	if strings.Contains(file, "${ROGUE}") {
		h.rogue = rogue.Start(t, h.clock.now)
		env["ROGUE"] = h.rogue.Issuer()
	}
	for _, o := range options {
		o(h, env)
	}
	if h.source != nil && !h.keepFile {
		h.rewrite(file)
	}
	c, err := config.LoadOptions{Getenv: func(name string) string { return env[name] }}.Parse("test.yaml", []byte(file))
	if err != nil {
		t.Fatalf("the file is refused:\n%v", err)
	}
	h.register(c)
	process := gateway.Process{
		Log: telemetry.NewLogger(h.log, "json", "debug", false), Now: h.clock.now,
		Metrics: telemetry.NewMetrics(telemetry.Build{Version: "test"}), Source: h.source,
		Notify: h.notify, Inherited: h.inherited, Descriptors: h.descriptors,
	}
	b, err := gateway.Compile(c, nil, process)
	if err != nil {
		t.Fatal(err)
	}
	if h.server, err = gateway.Open(b, process); err != nil {
		t.Fatal(err)
	}
	h.ctx, h.stop = context.WithCancel(context.Background())
	go func() { h.served <- h.server.Serve(h.ctx) }()
	t.Cleanup(h.close)
	return h
}

// openOnly opens what the file says and expects that this fails.
func openOnly(t testing.TB, file string) error {
	t.Helper()
	c, err := config.LoadOptions{Getenv: func(string) string { return sessionKey }}.Parse("test.yaml", []byte(file))
	if err != nil {
		t.Fatal(err)
	}
	process := gateway.Process{Log: slog.New(slog.DiscardHandler), Metrics: telemetry.NewMetrics(telemetry.Build{})}
	b, err := gateway.Compile(c, nil, process)
	if err != nil {
		t.Fatal(err)
	}
	_, err = gateway.Open(b, process)
	return err
}

// register tells the honest provider the redirect URIs that check prints.
func (h *house) register(c *config.Config) {
	h.t.Helper()
	for _, r := range gateway.Registrations(c) {
		if h.idp == nil || r.Issuer != h.idp.Issuer() {
			continue
		}
		err := h.idp.SetClient(devidp.Client{
			ID: r.ClientID, Secret: pingSecret, RequirePKCE: true,
			RedirectURIs: r.RedirectURIs, PostLogoutRedirectURIs: r.SignedOutURLs,
		})
		if err != nil {
			h.t.Fatal(err)
		}
	}
}

func (h *house) close() {
	h.stop()
	select {
	case err := <-h.served:
		h.served <- err // for whoever asks again
		if !errors.Is(err, h.expects) || h.expects == nil && err != nil {
			h.t.Errorf("Serve returned %v, want %v", err, h.expects)
		}
	case <-time.After(10 * time.Second):
		h.t.Error("Serve did not return within 10 s")
	}
	for _, leak := range h.log.leaks() {
		h.t.Errorf("the log holds a secret: %s", leak)
	}
}

// at is where one of the gateway's listeners listens.
func (h *house) at(listener string) string {
	h.t.Helper()
	address := h.server.Address(listener)
	if address == nil {
		h.t.Fatalf("there is no %s listener", listener)
	}
	return address.String()
}

// dial goes to the gateway for names that end in .test, and anywhere else
// directly.
func (h *house) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if host, _, _ := net.SplitHostPort(address); strings.HasSuffix(strings.TrimSuffix(host, "."), ".test") {
		address = h.server.Address("public").String()
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// clock is the time of gateway and providers: the system's, and what the test
// has let pass besides.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time             { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration)    { c.ahead.Add(int64(d)) }
func minutes(n time.Duration) time.Duration { return n * time.Minute }

// logbook is the log, and the secrets that it must not hold.
type logbook struct {
	mu      sync.Mutex // guards all below
	bytes   bytes.Buffer
	secrets map[string]bool
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes.Write(p)
}

// secret notes values that must turn up nowhere. Short ones are no secrets.
func (l *logbook) secret(values ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.secrets == nil {
		l.secrets = map[string]bool{}
	}
	for _, v := range values {
		if len(v) >= 12 {
			l.secrets[v] = true
		}
	}
}

// leaks are the lines of the log that hold a secret.
func (l *logbook) leaks() []string {
	var found []string
	for line := range strings.Lines(l.text()) {
		if l.reveals(line) {
			found = append(found, line)
		}
	}
	return found
}

// reveals reports whether text holds a secret.
func (l *logbook) reveals(text string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for secret := range l.secrets {
		if strings.Contains(text, secret) {
			return true
		}
	}
	return false
}

func (l *logbook) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes.String()
}

// lines are the log's records with this message.
func (l *logbook) lines(message string) []map[string]any {
	var found []map[string]any
	for line := range strings.Lines(l.text()) {
		var record map[string]any
		if json.Unmarshal([]byte(line), &record) == nil && record[slog.MessageKey] == message {
			found = append(found, record)
		}
	}
	return found
}

// last waits for the newest record of that message for which ok holds: a line
// is written after its answer was sent.
func (l *logbook) last(t testing.TB, message string, ok func(map[string]any) bool) map[string]any {
	t.Helper()
	var found map[string]any
	eventually(t, message+" in the log", func() bool {
		all := l.lines(message)
		for i := len(all) - 1; i >= 0; i-- {
			if ok(all[i]) {
				found = all[i]
				return true
			}
		}
		return false
	})
	return found
}

// eventually polls until ok, for at most ten seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	within(t, 10*time.Second, what, ok)
}

func within(t testing.TB, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(limit)
	for wait := time.Millisecond; !ok(); wait = min(2*wait, 50*time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no %s within %s", what, limit)
		}
		time.Sleep(wait)
	}
}
