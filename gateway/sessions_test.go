package gateway_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session/redistest"
)

const writable = `  admin: {listen: "127.0.0.1:0", write: true}`

func opened(file string) string {
	return strings.Replace(file, `  admin: {listen: "127.0.0.1:0"}`, writable, 1)
}

// operate sends JSON to the admin listener.
func (h *house) operate(method, path, body string) *answer {
	h.t.Helper()
	r, err := http.NewRequest(method, "http://"+h.at("admin")+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	var text strings.Builder
	if _, err := io.Copy(&text, res.Body); err != nil {
		h.t.Fatal(err)
	}
	return &answer{Response: res, t: h.t, text: text.String()}
}

// TestPeopleSeeAndEndTheirOwnSessions, and nobody else's.
func TestPeopleSeeAndEndTheirOwnSessions(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, shared, with("REDIS", server.Address))
	here, there := h.signIn("ana.kovacs"), h.signIn("ana.kovacs")
	there.fetch("GET", home+"/x", "").fromApp()
	stranger := h.signIn("ben.osei")
	page := here.open(home + "/.auth/").wants(http.StatusOK).says("this browser")
	forms := regexp.MustCompile(`name="session" value="([^"]+)"><input type="hidden" name="token" value="([^"]+)">`).FindAllStringSubmatch(page.text, -1)
	if len(forms) != 2 {
		t.Fatalf("%d sessions are listed, want 2", len(forms))
	}
	mine := here.me()["session"].(map[string]any)["id"].(string)
	if forms[0][1] != mine {
		t.Error("this browser's session does not come first")
	}
	end := func(b *browser, id, token string, header ...string) *answer {
		return b.fetch("POST", home+"/.auth/sessions", url.Values{"session": {id}, "token": {token}}.Encode(),
			append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
	}
	theirs := stranger.me()["session"].(map[string]any)["id"].(string)
	for name, a := range map[string]*answer{
		"no origin":      end(here, forms[1][1], forms[1][2]),
		"foreign origin": end(here, forms[1][1], forms[1][2], "Origin", "https://evil.example"),
		"no token":       end(here, forms[1][1], "", "Origin", home),
		"another's form": end(stranger, forms[1][1], forms[1][2], "Origin", home),
		"another's id":   end(here, theirs, forms[1][2], "Origin", home),
	} {
		if a.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d, want 403", name, a.StatusCode)
		}
	}
	there.fetch("GET", home+"/x", "").fromApp()
	end(here, forms[1][1], forms[1][2], "Origin", home).wants(http.StatusSeeOther, http.StatusOK)
	redistest.Eventually(t, "the other session ends", func() bool {
		return there.fetch("GET", home+"/x", "").StatusCode == http.StatusUnauthorized
	})
	here.fetch("GET", home+"/x", "").fromApp()
	h.log.last(t, "audit", func(r map[string]any) bool { return r["event"] == "revoked" && r["reason"] == "ended_by_person" })
}

// TestOperatorsListAndRevoke by user, by id and all, only with write: true.
func TestOperatorsListAndRevoke(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	h := start(t, opened(shared), with("REDIS", server.Address))
	b := h.signIn("ana.kovacs")
	id := b.me()["session"].(map[string]any)["id"].(string)
	sub := b.me()["sub"].(string)
	email := b.me()["email"].(string)
	h.signIn("ben.osei")
	sessions := func(query string) []any {
		t.Helper()
		return h.operate("GET", "/api/sessions"+query, "").wants(http.StatusOK).json()["sessions"].([]any)
	}
	for query, want := range map[string]int{
		"": 2, "?user=" + sub: 1, "?user=" + url.QueryEscape(strings.ToUpper(email)): 1, "?sid=" + id: 1, "?user=nobody": 0, "?sid=none": 0, "?limit=1": 1,
	} {
		if got := len(sessions(query)); got != want {
			t.Errorf("%q lists %d, want %d", query, got, want)
		}
	}
	for _, body := range []string{"", "{}", "x", `{"user": ""}`, `{"user": "a", "all": true}`, `{"everybody": true}`} {
		h.operate("POST", "/api/sessions/revoke", body).wants(http.StatusBadRequest)
	}
	for _, body := range []string{`{"sid": "` + id + `"}`, `{"user": "` + sub + `"}`, `{"user": "` + email + `"}`} {
		again := h.signIn("ana.kovacs")
		body = strings.Replace(body, id, again.me()["session"].(map[string]any)["id"].(string), 1)
		if n := h.operate("POST", "/api/sessions/revoke", body).wants(http.StatusOK).json()["revoked"].(float64); n < 1 {
			t.Errorf("%s revoked %v", body, n)
		}
		redistest.Eventually(t, body, func() bool { return again.fetch("GET", home+"/x", "").StatusCode == http.StatusUnauthorized })
	}
	h.operate("POST", "/api/sessions/revoke", `{"all": true}`).wants(http.StatusOK)
	if left := sessions(""); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// TestWithCookiesOperatorsRevokeAndCannotList.
func TestWithCookiesOperatorsRevokeAndCannotList(t *testing.T) {
	t.Parallel()
	h := start(t, opened(simple))
	h.operate("GET", "/api/sessions", "").wants(http.StatusConflict).says("redis")
	b := h.signIn("ana.kovacs")
	b.fetch("GET", home+"/x", "").fromApp()
	h.operate("POST", "/api/sessions/revoke", `{"all": true}`).wants(http.StatusOK).says(`"revoked": 1`)
	b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	b = h.signIn("ana.kovacs")
	h.operate("POST", "/api/sessions/revoke", `{"user": "`+b.me()["sub"].(string)+`"}`).wants(http.StatusOK)
	b.fetch("GET", home+"/x", "").wants(http.StatusUnauthorized)
	locked := start(t, simple)
	locked.operate("POST", "/api/sessions/revoke", `{"all": true}`).wants(http.StatusForbidden).says("write")
}
