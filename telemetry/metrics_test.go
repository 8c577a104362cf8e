package telemetry

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// scrape returns the sample lines whose name begins with prefix.
func scrape(t *testing.T, m *Metrics, prefix string) []string {
	t.Helper()
	var log bytes.Buffer
	w := httptest.NewRecorder()
	m.Handler(NewLogger(&log, "json", "info", false)).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 || log.Len() > 0 {
		t.Fatalf("%d, log %s", w.Code, log.String())
	}
	var lines []string
	for line := range strings.Lines(w.Body.String()) {
		if strings.HasPrefix(line, prefix) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	return lines
}

func TestRequestsAreCountedByRouteDecisionAndCode(t *testing.T) {
	m := NewMetrics(Build{})
	wiki := m.Route("wiki")
	for range 3 {
		wiki.Observe(&Record{Decision: DecisionAllow, Status: 200})
	}
	wiki.Observe(&Record{Decision: DecisionDeny, Status: 403})
	m.Route("wiki").Observe(&Record{Decision: DecisionAllow, Status: 200}) // as after a reload
	m.Route("").Observe(&Record{Status: 421})

	want := []string{
		`gatehouse_requests_total{code="200",decision="allow",route="wiki"} 4`,
		`gatehouse_requests_total{code="403",decision="deny",route="wiki"} 1`,
		`gatehouse_requests_total{code="421",decision="none",route="-"} 1`,
	}
	if diff := cmp.Diff(want, scrape(t, m, "gatehouse_requests_total{")); diff != "" {
		t.Error(diff)
	}
}

func TestUpstreamsCannotMakeSeries(t *testing.T) {
	m := NewMetrics(Build{})
	route := m.Route("wiki")
	for status := -10; status < 2000; status++ {
		route.Observe(&Record{Decision: Decision(status % 300), Status: status})
	}
	if got, most := len(scrape(t, m, "gatehouse_requests_total{")), decisions*codeSlots; got > most {
		t.Errorf("%d series, want at most %d", got, most)
	}
	for _, line := range scrape(t, m, "gatehouse_requests_total{code=\"6") {
		t.Errorf("unknown status is a label: %s", line)
	}
}

func TestEveryKnownStatusHasItsOwnLabel(t *testing.T) {
	table := newCodeTable()
	slots := make(map[uint8]int)
	for status := 100; status < 600; status++ {
		if http.StatusText(status) == "" && status != 499 {
			continue
		}
		slot := table.slot(status)
		if slot == 0 || slots[slot] != 0 || table.label[slot] != fmt.Sprint(status) {
			t.Errorf("%d has slot %d, label %q, as has %d", status, slot, table.label[slot], slots[slot])
		}
		slots[slot] = status
	}
}

func TestDurationsAreObservedOnceAndSwitchedProtocolsNotAtAll(t *testing.T) {
	m := NewMetrics(Build{})
	route := m.Route("wiki")
	route.Observe(&Record{Status: 200, Duration: 2 * time.Millisecond, UpstreamDuration: time.Millisecond})
	route.Observe(&Record{Status: 403, Duration: 4 * time.Millisecond})
	route.Observe(&Record{Status: 101, Duration: time.Hour})

	got := append(scrape(t, m, "gatehouse_request_duration_seconds_sum"), scrape(t, m, "gatehouse_request_duration_seconds_count")...)
	got = append(got, scrape(t, m, "gatehouse_upstream_duration_seconds_count")...)
	want := []string{
		`gatehouse_request_duration_seconds_sum{route="wiki"} 0.006`,
		`gatehouse_request_duration_seconds_count{route="wiki"} 2`,
		`gatehouse_upstream_duration_seconds_count{route="wiki"} 1`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSignInReasonsStayBounded(t *testing.T) {
	m := NewMetrics(Build{})
	m.SignIn("ping", OutcomeSuccess, "")
	m.SignIn("ping", OutcomeFailure, "nonce_mismatch")
	m.SignIn("ping", OutcomeFailure, "<script>")
	m.SignIn("ping", OutcomeFailure, strings.Repeat("a", 200))
	want := []string{
		`gatehouse_sign_ins_total{outcome="failure",provider="ping",reason="nonce_mismatch"} 1`,
		`gatehouse_sign_ins_total{outcome="failure",provider="ping",reason="other"} 2`,
		`gatehouse_sign_ins_total{outcome="success",provider="ping",reason=""} 1`,
	}
	if diff := cmp.Diff(want, scrape(t, m, "gatehouse_sign_ins_total{")); diff != "" {
		t.Error(diff)
	}
	for i := range 1000 {
		m.SignIn("ping", OutcomeFailure, strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i)))
	}
	if got := len(scrape(t, m, "gatehouse_sign_ins_total{")); got > maxReasons+2 {
		t.Errorf("%d series", got)
	}
}

func TestGaugesTellTheStateOfTheMomentAndOfTheNewestRuntime(t *testing.T) {
	m := NewMetrics(Build{Version: "1.2.3", Commit: "abc"})
	if got := scrape(t, m, "gatehouse_provider_up"); got != nil {
		t.Errorf("before SetGauges: %v", got)
	}
	state := map[string]bool{"ping": true}
	m.SetGauges(Gauges{
		Providers:          maps.All(state),
		SessionsRemembered: func() int { return 7 },
		StoreUp:            func() bool { return true },
		ConfigLoaded:       noon.Add(500 * time.Millisecond),
	})
	read := func() []string {
		return append(append(scrape(t, m, "gatehouse_provider_up"),
			append(scrape(t, m, "gatehouse_sessions_remembered"), scrape(t, m, "gatehouse_store_up")...)...),
			scrape(t, m, "gatehouse_config_loaded_timestamp_seconds")...)
	}
	want := []string{`gatehouse_provider_up{provider="ping"} 1`, "gatehouse_sessions_remembered 7", "gatehouse_store_up 1",
		"gatehouse_config_loaded_timestamp_seconds 1.7778960005e+09"}
	if diff := cmp.Diff(want, read()); diff != "" {
		t.Error(diff)
	}
	state["ping"] = false
	if got := scrape(t, m, "gatehouse_provider_up"); got[0] != `gatehouse_provider_up{provider="ping"} 0` {
		t.Error(got)
	}
	m.SetGauges(Gauges{Providers: maps.All(map[string]bool{"other": true})})
	if diff := cmp.Diff([]string{`gatehouse_provider_up{provider="other"} 1`}, read()); diff != "" {
		t.Error(diff)
	}
}

func TestMetricsIncludeBuildRuntimeAndProcess(t *testing.T) {
	m := NewMetrics(Build{Version: "1.2.3", Commit: "abc"})
	for _, prefix := range []string{
		`gatehouse_build_info{commit="abc",go_version="go`, "go_goroutines ", "process_cpu_seconds_total ",
	} {
		if len(scrape(t, m, prefix)) != 1 {
			t.Errorf("no %s", prefix)
		}
	}
}

func TestTwoMetricsCountApart(t *testing.T) {
	one, two := NewMetrics(Build{}), NewMetrics(Build{})
	one.Route("wiki").Observe(&Record{Status: 200})
	if got := scrape(t, two, "gatehouse_requests_total{"); got != nil {
		t.Error(got)
	}
}

func TestCountersMadeAtOnceLoseNothing(t *testing.T) {
	m := NewMetrics(Build{})
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 100 {
				m.Route("wiki").Observe(&Record{Decision: DecisionAllow, Status: 200})
			}
		})
	}
	group.Wait()
	want := []string{`gatehouse_requests_total{code="200",decision="allow",route="wiki"} 800`}
	if diff := cmp.Diff(want, scrape(t, m, "gatehouse_requests_total{")); diff != "" {
		t.Error(diff)
	}
}
