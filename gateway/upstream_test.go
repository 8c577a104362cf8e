package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// TestUnwellUpstreamIsLeftAlone: health checks of the file take an upstream
// out of the turn, requests go on elsewhere, and the metrics say so with names
// of the file alone.
func TestUnwellUpstreamIsLeftAlone(t *testing.T) {
	t.Parallel()
	var well atomic.Bool
	var asked atomic.Int32
	sick := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path != "/healthz":
			asked.Add(1)
		case r.Header.Get("X-Forwarded-User") != "" || r.Header.Get("Cookie") != "":
			t.Error("a health check brings somebody's identity")
		case !well.Load():
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer sick.Close()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - name: app
    from: https://app.example.test
    to: ["${APP}", "${SICK}"]
    policy: public
    balance: least_requests
    health: {path: /healthz, interval: 10ms, timeout: 5s}
`, with("SICK", sick.URL))
	up := func(want string) func() bool {
		return func() bool {
			return strings.Contains(h.admin("/metrics").text, `gatehouse_upstream_up{route="app",upstream="`+sick.URL+`"} `+want)
		}
	}
	eventually(t, "upstream that is down", up("0"))
	before := asked.Load()
	for range 6 {
		h.browser().fetch("GET", home+"/x", "").wants(200)
	}
	if n := asked.Load() - before; n != 0 {
		t.Errorf("the unwell upstream got %d requests", n)
	}
	for _, want := range []string{
		`gatehouse_upstream_up{route="app",upstream="` + h.app.url + `"} 1`,
		`gatehouse_upstream_requests_total{outcome="answered",route="app",upstream="` + h.app.url + `"} 6`,
		`gatehouse_upstream_requests_in_flight{route="app",upstream="` + h.app.url + `"} 0`,
	} {
		eventually(t, want, func() bool { return strings.Contains(h.admin("/metrics").text, want) })
	}
	well.Store(true)
	eventually(t, "upstream that is up", up("1"))
}
