package gateway_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/config"
	"github.com/gatehouse-proxy/gatehouse/devidp"
	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// reloadable keeps the house's file on disk, where a test can change it.
func reloadable(h *house, env map[string]string) {
	h.source = &gateway.Source{
		File:   filepath.Join(h.t.TempDir(), "gatehouse.yaml"),
		Getenv: func(name string) string { return env[name] },
	}
}

// rewrite puts another text in place of the file, as editors and ConfigMaps do:
// at once.
func (h *house) rewrite(text string) {
	h.t.Helper()
	next := h.source.File + ".next"
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	if err := os.Rename(next, h.source.File); err != nil {
		h.t.Fatal(err)
	}
}

// reload puts another text in place of the file and loads it.
func (h *house) reload(text string) {
	h.t.Helper()
	h.rewrite(text)
	if _, err := h.server.Reload(); err != nil {
		h.t.Fatal(err)
	}
}

// metric is the value of one series.
func (h *house) metric(series string) string {
	h.t.Helper()
	for line := range strings.Lines(h.admin("/metrics").wants(http.StatusOK).text) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	h.t.Fatalf("there is no %s", series)
	return ""
}

// TestReloadKeepsWhatDidNotChange: people stay signed in, the provider is not
// asked again, connections to the application stay open, and who was signed out
// stays so.
func TestReloadKeepsWhatDidNotChange(t *testing.T) {
	t.Parallel()
	h := start(t, simple, reloadable)
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()
	gone := h.signIn("ana.kovacs")
	copied := gone.sessionCookie()
	gone.once(home + "/.auth/logout").wants(http.StatusSeeOther)
	asked := h.idp.Count(devidp.Discovery)
	remembered := h.metric("gatehouse_sessions_remembered")

	h.reload(strings.Replace(simple, "group: administrators", "group: staff", 1))

	if got := h.metric("gatehouse_sessions_remembered"); got != remembered || got == "0" {
		t.Errorf("%s sessions are remembered, %s were", got, remembered)
	}
	b.fetch("GET", home+"/admin/x", "").fromApp() // what changed counts
	if now := h.idp.Count(devidp.Discovery); now != asked {
		t.Errorf("the provider's discovery was asked for %d times more", now-asked)
	}
	if up := h.metric(`gatehouse_provider_up{provider="ping"}`); up != "1" {
		t.Error("the provider is not up any more")
	}
	thief := h.browser()
	thief.fetch("GET", home+"/x", "", "Cookie", copied).wants(http.StatusUnauthorized)
}

// TestReloadRefusesABadFile: the old configuration serves on, and log, metric
// and audit trail say so with every problem.
func TestReloadRefusesABadFile(t *testing.T) {
	t.Parallel()
	h := start(t, simple, reloadable)
	b := h.signIn("ana.kovacs")
	loaded := h.metric("gatehouse_config_loaded_timestamp_seconds")
	h.rewrite(strings.Replace(simple, "to: \"${APP}\"", "too: \"${APP}\"", 2))
	_, err := h.server.Reload()
	var problems config.Problems
	if !errors.As(err, &problems) || len(problems) != 2 {
		t.Fatalf("the error is %v", err)
	}
	b.fetch("GET", home+"/x", "").fromApp()
	if h.metric(`gatehouse_reloads_total{outcome="failure"}`) != "1" || h.metric(`gatehouse_reloads_total{outcome="success"}`) != "0" {
		t.Error("the failed reload is not counted as one")
	}
	if now := h.metric("gatehouse_config_loaded_timestamp_seconds"); now != loaded {
		t.Errorf("the running configuration was loaded at %s, before at %s", now, loaded)
	}
	told := h.log.last(t, "audit", func(r map[string]any) bool { return r["event"] == "reloaded" })
	if told["outcome"] != "failure" || !strings.Contains(told["error"].(string), "too") {
		t.Errorf("the audit trail says %v", told)
	}

	h.reload(simple)
	if h.metric(`gatehouse_reloads_total{outcome="success"}`) != "1" {
		t.Error("the reload that mended it is not counted")
	}
}
