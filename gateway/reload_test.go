package gateway_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

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
	if shown := h.server.State().Warnings; len(shown) != 2 || !strings.Contains(shown[0], "refused") || !strings.Contains(shown[0], "too") {
		t.Errorf("operators are shown %q", shown)
	}

	h.reload(simple)
	if shown := h.server.State().Warnings; len(shown) != 1 || strings.Contains(shown[0], "refused") {
		t.Errorf("after it was mended operators are shown %q", shown)
	}
	if h.metric(`gatehouse_reloads_total{outcome="success"}`) != "1" {
		t.Error("the reload that mended it is not counted")
	}
}

// watching is reloadable, and reloads by itself.
func watching(h *house, env map[string]string) {
	reloadable(h, env)
	h.source.Watch = true
}

// deadEnd is simple with a policy that lets nobody in.
var deadEnd = strings.Replace(simple, "allow: {group: staff}", "allow: {email: nobody@example.com}", 1)

// TestReloadOfAChangedFile: the file is watched, and so is a secret that it
// names; a removed right counts within a second.
func TestReloadOfAChangedFile(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "title")
	write(t, secret, "First title\n")
	titled := func(file string) string {
		return strings.Replace(file, "session:", "pages: {title: \"${file:"+secret+"}\"}\nsession:", 1)
	}
	h := start(t, titled(simple), watching)
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()

	h.rewrite(titled(deadEnd))
	within(t, time.Second, "removed right", func() bool { return b.fetch("GET", home+"/x", "").StatusCode == http.StatusForbidden })
	h.rewrite(titled(simple))
	eventually(t, "restored right", func() bool { return b.fetch("GET", home+"/x", "").StatusCode == http.StatusOK })
	write(t, secret, "Second title\n")
	eventually(t, "changed title", func() bool { return strings.Contains(b.open(home+"/.auth/signed-out").text, "Second title") })
}

// TestReloadOfAConfigMap: kubelet changes all files of a volume by swapping one
// symbolic link.
func TestReloadOfAConfigMap(t *testing.T) {
	t.Parallel()
	volume := t.TempDir()
	publish := func(version, text string) {
		dir := filepath.Join(volume, version)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "gatehouse.yaml"), text)
		link(t, version, filepath.Join(volume, "..data_tmp"))
		if err := os.Rename(filepath.Join(volume, "..data_tmp"), filepath.Join(volume, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	publish("..2026_a", simple)
	link(t, "..data/gatehouse.yaml", filepath.Join(volume, "gatehouse.yaml"))
	h := start(t, simple, func(h *house, env map[string]string) {
		watching(h, env)
		h.source.File = filepath.Join(volume, "gatehouse.yaml")
		h.keepFile = true
	})
	b := h.signIn("ana.kovacs")
	for i, version := range []string{"..2026_b", "..2026_c", "..2026_d"} {
		text, want := deadEnd, http.StatusForbidden
		if i%2 == 1 {
			text, want = simple, http.StatusOK
		}
		publish(version, text)
		eventually(t, "reload of "+version, func() bool { return b.fetch("GET", home+"/x", "").StatusCode == want })
	}
}

// TestReloadOfAMendedFile: a secret that was missing is waited for.
func TestReloadOfAMendedFile(t *testing.T) {
	t.Parallel()
	h := start(t, simple, watching)
	missing := filepath.Join(t.TempDir(), "title")
	h.rewrite(strings.Replace(simple, "session:", "pages: {title: \"${file:"+missing+"}\"}\nsession:", 1))
	eventually(t, "refusal", func() bool { return h.metric(`gatehouse_reloads_total{outcome="failure"}`) != "0" })
	write(t, missing, "At last\n")
	eventually(t, "title", func() bool {
		return strings.Contains(h.browser().open(home+"/.auth/signed-out").text, "At last")
	})
}

// TestReloadThroughTheAdminListener says all problems, and which keys wait for
// a restart; it needs the token and server.admin.write.
func TestReloadThroughTheAdminListener(t *testing.T) {
	t.Parallel()
	const token = "admin-token-4Kd9Zt"
	file := strings.Replace(simple, `admin: {listen: "127.0.0.1:0"}`, `admin: {listen: "127.0.0.1:0", token: `+token+`, write: true}`, 1)
	h := start(t, file, reloadable)
	h.log.secret(token)
	reload := func(want int, header ...string) *answer {
		t.Helper()
		return h.post("/api/reload", header...).wants(want)
	}
	bearer := []string{"Authorization", "Bearer " + token}
	reload(http.StatusUnauthorized)
	reload(http.StatusForbidden, append([]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, bearer...)...)
	if got := reload(http.StatusOK, bearer...).json(); got["outcome"] != "success" || got["restart_needed"] != nil {
		t.Errorf("the answer is %v", got)
	}
	h.admin("/api/reload", bearer...).wants(http.StatusMethodNotAllowed)

	h.rewrite(strings.Replace(file, "to: \"${APP}\"", "too: \"${APP}\"", 2))
	refused := reload(http.StatusUnprocessableEntity, bearer...).json()
	if problems := refused["problems"].([]any); len(problems) != 2 || refused["outcome"] != "failure" {
		t.Errorf("the answer is %v", refused)
	} else if first := problems[0].(map[string]any); first["path"] != "routes[0].too" || !strings.Contains(first["message"].(string), "did you mean") {
		t.Errorf("the first problem is %v", first)
	}

	h.rewrite(strings.Replace(file, "listen: 127.0.0.1:0", "listen: 127.0.0.1:1", 1))
	waiting := reload(http.StatusOK, bearer...)
	waiting.says("restart needed")
	if keys := waiting.json()["restart_needed"].([]any); len(keys) != 1 || keys[0] != "server.listen" {
		t.Errorf("waiting for a restart: %v", keys)
	}
	h.log.last(t, "restart needed: a changed key is in use as it was at the start", func(r map[string]any) bool { return r["key"] == "server.listen" })

	h.rewrite(strings.Replace(file, ", write: true", "", 1))
	reload(http.StatusOK, bearer...)
	reload(http.StatusForbidden, bearer...) // the new rule counts
}

// TestReloadBySignal, which serve hands on from SIGHUP.
func TestReloadBySignal(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal)
	h := start(t, simple, func(h *house, env map[string]string) {
		reloadable(h, env)
		h.source.Signals = signals
	})
	b := h.signIn("ana.kovacs")
	h.rewrite(deadEnd)
	signals <- syscall.SIGHUP
	eventually(t, "reload", func() bool { return b.fetch("GET", home+"/x", "").StatusCode == http.StatusForbidden })
}

// TestReloadEndsWebSocketsWhoseRightIsGone, with a close frame and within a
// second; the others stay.
func TestReloadEndsWebSocketsWhoseRightIsGone(t *testing.T) {
	t.Parallel()
	h := start(t, simple, reloadable)
	cookie := h.signIn("ana.kovacs").sessionCookie()
	staff := h.webSocket(t, "/x", cookie)
	public := h.webSocket(t, "/public/x", "a=b")
	h.reload(strings.Replace(simple, "to: \"${APP}\"", "to: [\"${APP}\"]\n    preserve_host: false", 3))
	for _, conn := range []*connection{staff, public} {
		conn.echoes("still here")
	}
	began := time.Now()
	h.reload(deadEnd)
	staff.saysGoodbye(1008)
	if took := time.Since(began); took > time.Second {
		t.Errorf("the goodbye took %s", took)
	}
	public.echoes("the door is open to all")
	h.reload(strings.Replace(deadEnd, "policy: public", "policy: [{deny: everyone}]", 1))
	public.saysGoodbye(1008)
}

// write puts text into a file.
func write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t testing.TB, target, name string) {
	t.Helper()
	if err := os.Symlink(target, name); err != nil {
		t.Fatal(err)
	}
}
