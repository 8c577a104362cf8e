package gateway

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// asked are the admin and probe handlers of a server that is ready.
func asked(t *testing.T, c config.Admin) (admin, probes http.Handler) {
	t.Helper()
	process := Process{
		Log:     telemetry.NewLogger(t.Output(), "text", "error", true),
		Metrics: telemetry.NewMetrics(telemetry.Build{}),
	}
	s := &Server{process: process, operators: newOperators()}
	s.serving.Store(&Build{})
	s.admit(&config.Config{Server: config.Server{Admin: c}})
	s.state.set("ready")
	return s.operators, s.probes()
}

func TestAdminListenerAnswersOnlyWhomItKnows(t *testing.T) {
	open, probes := asked(t, config.Admin{})
	guarded, _ := asked(t, config.Admin{Token: config.NewSecret("s3cret"), Hosts: []string{"Gate.example.com"}})
	cases := []struct {
		name              string
		handler           http.Handler
		host, path, token string
		want              int
	}{
		{"loopback", open, "127.0.0.1:9180", "/healthz", "", 200},
		{"loopback by name", open, "localhost:9180", "/readyz", "", 200},
		{"loopback in IPv6", open, "[::1]:9180", "/metrics", "", 200},
		{"a name that was rebound", open, "evil.example:9180", "/metrics", "", 421},
		{"an address that is not loopback", open, "10.0.0.1:9180", "/healthz", "", 421},
		{"a name that begins like loopback", open, "127.0.0.1.evil.example", "/healthz", "", 421},
		{"profiler without a token configured", open, "localhost", "/debug/pprof/cmdline", "", 200},
		{"unknown address", open, "localhost", "/debug", "", 404},

		{"a listed host in another case", guarded, "gate.EXAMPLE.com:9180", "/healthz", "", 200},
		{"probes need no token", guarded, "gate.example.com", "/readyz", "", 200},
		{"profiler without the token", guarded, "localhost", "/debug/pprof/cmdline", "", 401},
		{"profiler with a wrong token", guarded, "localhost", "/debug/pprof/cmdline", "Bearer s3cre", 401},
		{"profiler with the token as another scheme", guarded, "localhost", "/debug/pprof/cmdline", "Basic s3cret", 401},
		{"profiler with the bare token", guarded, "localhost", "/debug/pprof/cmdline", "s3cret", 401},
		{"profiler with the token", guarded, "localhost", "/debug/pprof/cmdline", "Bearer s3cret", 200},
		{"the right token under a rebound name", guarded, "evil.example", "/debug/pprof/cmdline", "Bearer s3cret", 421},

		{"probe listener under any name", probes, "10.0.0.1:9181", "/readyz", "", 200},
		{"probe listener has no profiler", probes, "localhost", "/debug/pprof/cmdline", "", 404},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://"+c.host+c.path, nil)
			if c.token != "" {
				r.Header.Set("Authorization", c.token)
			}
			w := httptest.NewRecorder()
			c.handler.ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("%d %s, want %d", w.Code, w.Body, c.want)
			}
		})
	}
}
