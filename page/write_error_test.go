package page

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestErrorsAsJSON(t *testing.T) {
	for _, c := range []struct {
		name string
		e    Error
		want map[string]any
	}{
		{"denied", Error{Status: 403, Reason: "no_rule_matched"},
			map[string]any{"error": "forbidden", "reason": "no_rule_matched", "request_id": "req-1"}},
		{"sign in", Error{Status: 401, Reason: "sign_in_needed", LoginURL: "https://a.example/.auth/login?rd=%2Fx&y=<"},
			map[string]any{"error": "login_required", "reason": "sign_in_needed", "request_id": "req-1", "login_url": "https://a.example/.auth/login?rd=%2Fx&y=<"}},
		{"its own code", Error{Status: 401, Reason: "acr_too_low", Code: "step_up_required"},
			map[string]any{"error": "step_up_required", "reason": "acr_too_low", "request_id": "req-1"}},
		{"other", Error{Status: 502, Reason: "upstream_unreachable", LoginURL: "/not-for-502"},
			map[string]any{"error": "upstream_unreachable", "reason": "upstream_unreachable", "request_id": "req-1"}},
		{"nothing known", Error{}, map[string]any{"error": "error", "reason": "", "request_id": "req-1"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			newPages(t, Options{}).WriteError(w, httptest.NewRequest("GET", "/x", nil), &c.e, "req-1")
			if w.Code != c.e.status() || w.Header().Get("Content-Type") != "application/json" {
				t.Errorf("answered %d %s", w.Code, w.Header().Get("Content-Type"))
			}
			var got map[string]any
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("body (-want +got):\n%s", diff)
			}
		})
	}
}

func TestErrorsNeverShowTheirCause(t *testing.T) {
	e := &Error{Status: 502, Reason: "upstream_unreachable", Cause: errors.New("dial 10.0.0.5: s3cret")}
	browser, script := httptest.NewRecorder(), httptest.NewRecorder()
	p := newPages(t, Options{})
	p.WriteError(browser, navigation("GET", "/x"), e, "req-1")
	p.WriteError(script, httptest.NewRequest("GET", "/x", nil), e, "req-1")
	for _, w := range []*httptest.ResponseRecorder{browser, script} {
		if strings.Contains(w.Body.String(), "s3cret") {
			t.Errorf("%s shows the cause", w.Header().Get("Content-Type"))
		}
		if !strings.Contains(w.Body.String(), "req-1") {
			t.Errorf("%s does not show the request id", w.Header().Get("Content-Type"))
		}
	}
}

func TestUnauthorizedChallengesWithoutAPasswordBox(t *testing.T) {
	p := newPages(t, Options{})
	w := httptest.NewRecorder()
	p.WriteError(w, httptest.NewRequest("GET", "/x", nil), &Error{Status: 401}, "")
	if got := w.Header().Get("WWW-Authenticate"); got != `Bearer realm="gatehouse"` {
		t.Errorf("WWW-Authenticate = %q", got)
	}
	w = httptest.NewRecorder()
	own := `Bearer error="insufficient_user_authentication"`
	w.Header().Set("WWW-Authenticate", own)
	p.WriteError(w, httptest.NewRequest("GET", "/x", nil), &Error{Status: 401}, "")
	if got := w.Header()["Www-Authenticate"]; len(got) != 1 || got[0] != own {
		t.Errorf("WWW-Authenticate = %q, want the caller's own", got)
	}
	w = httptest.NewRecorder()
	p.WriteError(w, httptest.NewRequest("GET", "/x", nil), &Error{Status: 403}, "")
	if got := w.Header().Get("WWW-Authenticate"); got != "" {
		t.Errorf("a 403 challenges with %q", got)
	}
}

func TestRetryAfterIsWholeSecondsRoundedUp(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "", -time.Second: "", time.Nanosecond: "1", time.Second: "1", 1500 * time.Millisecond: "2", time.Hour: "3600",
		1<<63 - 1: "9223372037",
	} {
		w := httptest.NewRecorder()
		newPages(t, Options{}).WriteError(w, navigation("GET", "/x"), &Error{Status: 503, RetryAfter: d}, "")
		if got := w.Header().Get("Retry-After"); got != want {
			t.Errorf("Retry-After for %v = %q, want %q", d, got, want)
		}
	}
}

func TestCloseAsksForTheEndOfTheConnection(t *testing.T) {
	for _, c := range []struct {
		close bool
		want  string
	}{{true, "close"}, {false, ""}} {
		w := httptest.NewRecorder()
		newPages(t, Options{}).WriteError(w, navigation("GET", "/x"), &Error{Status: 400, Close: c.close}, "")
		if got := w.Header().Get("Connection"); got != c.want {
			t.Errorf("Connection = %q with Close %v", got, c.close)
		}
	}
}

func TestWhoGetsAPageAndWhoJSON(t *testing.T) {
	const pageType, jsonType = "text/html; charset=utf-8", "application/json"
	for _, c := range []struct {
		name, method, mode string
		status             int
		want               string
	}{
		{"browser", "GET", "navigate", 401, pageType},
		{"submitted form at a provider's return", "POST", "navigate", 400, pageType},
		{"submitted form without a session", "POST", "navigate", 401, jsonType},
		{"script", "GET", "cors", 403, jsonType},
		{"picture", "GET", "no-cors", 404, jsonType},
		{"WebSocket", "GET", "websocket", 403, jsonType},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/x", nil)
			r.Header.Set("Sec-Fetch-Mode", c.mode)
			r.Header.Set("Accept", "text/html")
			w := httptest.NewRecorder()
			newPages(t, Options{}).WriteError(w, r, &Error{Status: c.status}, "")
			if got := w.Header().Get("Content-Type"); got != c.want {
				t.Errorf("Content-Type = %q, want %q", got, c.want)
			}
		})
	}
}

func TestDeniedPageSwitchesAccountAndComesBackHere(t *testing.T) {
	for _, c := range []struct{ name, method, target, rd string }{
		{"deep link", "GET", "https://app.example.com/a%2Fb?x=1&y=%2F", "/a%2Fb?x=1&y=%2F"},
		{"form", "POST", "https://app.example.com/save", "/"},
		{"our own address with a spent code", "GET", "https://app.example.com/.auth/callback/ping?code=x", "/"},
		{"path that browsers read as a host", "GET", "https://app.example.com//evil.example/", "/"},
		{"endless query", "GET", "https://app.example.com/?" + strings.Repeat("x", 3000), "/"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, root := renderRequest(t, c.method, c.target, Error{Status: 403, SignedInAs: "ada"})
			want := "/.auth/login?prompt=login&rd=" + url.QueryEscape(c.rd)
			if links := find(root, "a"); attr(links[0], "href") != want || text(links[0]) != "Switch account" {
				t.Errorf("first link is %q to %q, want %q", text(links[0]), attr(links[0], "href"), want)
			}
		})
	}
}

func TestEveryErrorPageOffersAWayOn(t *testing.T) {
	for _, c := range []struct {
		e    Error
		want []string // labels and addresses
	}{
		{Error{Status: 400}, []string{"See your apps", "/.auth/"}},
		{Error{Status: 400, RetryURL: "/.auth/login?rd=%2F"}, []string{"Try again", "/.auth/login?rd=%2F", "See your apps", "/.auth/"}},
		{Error{Status: 401, LoginURL: "/.auth/login"}, []string{"Sign in", "/.auth/login"}},
		{Error{Status: 401, Reason: "machine_token_needed"}, []string{"See your apps", "/.auth/"}},
		{Error{Status: 403}, []string{"See your apps", "/.auth/"}},
		{Error{Status: 404}, []string{"See your apps", "/.auth/"}},
		{Error{Status: 421}, nil},
		{Error{Status: 500}, nil},
		{Error{Status: 502}, []string{"Try again", "/deep?x=1"}},
		{Error{Status: 503}, []string{"Try again", "/deep?x=1"}},
		{Error{Status: 504}, []string{"Try again", "/deep?x=1"}},
	} {
		_, root := renderRequest(t, "GET", "https://app.example.com/deep?x=1", c.e)
		var got []string
		for _, a := range find(root, "a") {
			got = append(got, text(a), attr(a, "href"))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("links of %d (-want +got):\n%s", c.e.Status, diff)
		}
	}
}

func TestEveryErrorHasItsOwnHeading(t *testing.T) {
	p, seen := newPages(t, Options{}), map[string]string{}
	for _, status := range []int{400, 401, 403, 404, 405, 413, 418, 421, 429, 431, 500, 502, 503, 504} {
		for _, who := range []string{"", "ada"} {
			s := p.storyOf(&Error{Status: status, SignedInAs: who})
			if s.heading == "" || s.text == "" || s.next == "" {
				t.Errorf("%d has an incomplete story: %+v", status, s)
			}
			if who == "" {
				if seen[s.heading] != "" {
					t.Errorf("%d repeats the heading %q", status, s.heading)
				}
				seen[s.heading] = s.heading
			}
		}
	}
}

func TestFailedSignInsSayWhatHelps(t *testing.T) {
	const retry = "/.auth/login?rd=%2F"
	p := newPages(t, Options{})
	for _, c := range []struct {
		e    Error
		want string
	}{
		{Error{Status: 400, Reason: "id_token_nonce", RetryURL: retry}, "Sign-in did not succeed"},
		{Error{Status: 400, Reason: "access_denied", RetryURL: retry}, "Sign-in was not granted"},
		{Error{Status: 400, Reason: "client_rejected", RetryURL: retry}, "Sign-in is not set up right"},
		{Error{Status: 400, Reason: "id_token_expired", RetryURL: retry}, "The clocks disagree"},
		{Error{Status: 503, Reason: "provider_slow", RetryURL: retry}, "Sign-in is down at the moment"},
		{Error{Status: 403, Reason: "email_not_verified", RetryURL: retry}, "Verify your e-mail address"},
		{Error{Status: 503, Reason: "session_store_unavailable"}, "Your session cannot be looked up"},
		{Error{Status: 400, Reason: "path_ambiguous"}, "That could not be understood"},
	} {
		if got := p.storyOf(&c.e).heading; got != c.want {
			t.Errorf("%s is headed %q, want %q", c.e.Reason, got, c.want)
		}
	}
}
