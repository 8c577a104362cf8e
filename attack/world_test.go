package attack

import (
	"context"
	"maps"

	"os"
	"path/filepath"
	"strings"
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

const (
	home    = "https://app.example.test"
	host    = "app.example.test"
	forger  = "m4llory" // in everything that a client makes up
	subject = "0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11"
	address = "ana.kovacs@example.com"
)

// Parts of the files under test.
const (
	onLoopback = `
server:
  listen: 127.0.0.1:0
  admin: {listen: "127.0.0.1:0"}
session:
  keys: ["${KEY}"]
`
	// honest is a provider of PingOne's shape, liar one that follows a script.
	honest = `
  - name: ping
    type: pingone
    environment_id: 7c3e1b52-9d40-4f6a-8e27-51c0a9f4d6b3
    base_url: "${PING}"
    client_id: gatehouse
    client_secret: "${PING_SECRET}"
`
	liar = `
  - name: rogue
    type: oidc
    issuer: "${ROGUE}"
    client_id: rogue-client
    client_secret: "${ROGUE_SECRET}"
`
	// threeRoutes: all for staff, /admin for administrators, /public for
	// everybody.
	threeRoutes = `
routes:
  - {name: front, from: "https://app.example.test/public", to: "${APP}", policy: public}
  - {name: staff, from: "https://app.example.test", to: "${APP}", policy: [{allow: {group: staff}}]}
  - {name: admin, from: "https://app.example.test/admin", to: "${APP}", policy: [{allow: {group: administrators}}]}
`
	simple      = onLoopback + "providers:" + honest + threeRoutes
	mistrusting = onLoopback + "providers:" + liar + threeRoutes
)

// world is a running gateway with what stands before and behind it.
type world struct {
	t     testing.TB
	plain *gateway.Server // in the clear, as behind what ends TLS
	tls   *gateway.Server // the same file, with a certificate of its own
	app   *app
	idp   *devidp.Server
	rogue *rogue.Provider
	clock *clock
	// logouts counts the logout tokens made: each has an id of its own.
	logouts int
	secrets
}

// open serves a file twice, in the clear and over TLS, until the test ends.
// Then every secret that was issued is looked for in the log, in the metrics
// and in what was answered.
func open(t testing.TB, file string, scripts ...rogue.Script) *world {
	t.Helper()
	return openWith(t, file, nil, scripts...)
}

// openWith is open with more variables for the file.
func openWith(t testing.TB, file string, more map[string]string, scripts ...rogue.Script) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{}, app: newApp(t)}
	env := map[string]string{
		"KEY":          "5f1d7a90c4e26b8833a1f04d9be7520c6d8e41f7a23b95c0e17f6482d0a9b35c",
		"PING_SECRET":  "ping-secret-9Qk3vX7wLr2T",
		"ROGUE_SECRET": rogue.ClientSecret,
		"APP":          w.app.url,
	}
	maps.Copy(env, more)
	w.plant(env["KEY"], env["PING_SECRET"], env["ROGUE_SECRET"], "rogue-access-token", "rogue-refresh-token")
	if strings.Contains(file, "${PING}") {
		w.idp = idptest.Start(t, devidp.Options{Now: w.clock.now})
		env["PING"] = strings.TrimSuffix(w.idp.Issuer(), "/"+devidp.EnvironmentID+"/as")
		w.idp.AutoLogin("ana.kovacs")
	}
	if strings.Contains(file, "${ROGUE}") {
		w.rogue = rogue.Start(t, w.clock.now)
		env["ROGUE"] = w.rogue.Issuer()
		for _, s := range scripts {
			w.rogue.Play(s)
		}
	}
	w.plain = w.serve(file, env)
	cert, key := pair(t)
	w.tls = w.serve(strings.Replace(file, "server:\n", "server:\n  tls: {cert: \""+cert+"\", key: \""+key+"\"}\n", 1), env)
	return w
}

func (w *world) serve(file string, env map[string]string) *gateway.Server {
	w.t.Helper()
	c, err := config.LoadOptions{Getenv: func(name string) string { return env[name] }}.Parse("attack.yaml", []byte(file))
	if err != nil {
		w.t.Fatalf("the file is refused:\n%v", err)
	}
	for _, r := range gateway.Registrations(c) {
		if w.idp != nil && r.Issuer == w.idp.Issuer() {
			if err := w.idp.SetClient(devidp.Client{ID: r.ClientID, Secret: env["PING_SECRET"], RequirePKCE: true, RedirectURIs: r.RedirectURIs, PostLogoutRedirectURIs: r.SignedOutURLs}); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	process := gateway.Process{
		Log: telemetry.NewLogger(&w.secrets, "json", "debug", false), Now: w.clock.now,
		Metrics: telemetry.NewMetrics(telemetry.Build{Version: "attack"}),
	}
	b, err := gateway.Compile(c, nil, process)
	if err != nil {
		w.t.Fatal(err)
	}
	server, err := gateway.Open(b, process)
	if err != nil {
		w.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- server.Serve(ctx) }()
	w.t.Cleanup(func() {
		w.search(w.t, "the metrics", metrics(w.t, server))
		stop()
		if err := <-served; err != nil {
			w.t.Errorf("Serve returned %v", err)
		}
		w.search(w.t, "the log", w.log())
	})
	return server
}

// clock is the time of gateway and providers: the system's, and what the test
// has let pass besides.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) advance(d time.Duration) { c.ahead.Add(int64(d)) }

func write(t testing.TB, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// withServer is simple with one more line about the server.
func withServer(line string) string {
	return strings.Replace(simple, "server:\n", "server:\n  "+line+"\n", 1)
}
