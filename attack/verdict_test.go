package attack

import (
	"net/http"
	"testing"
)

// verdict is what must come of a request.
type verdict string

const (
	// pass is the benign twin: the app answers, and saw the request once.
	pass verdict = "pass"
	// signIn asks who it is: 401 or a redirect to the provider.
	signIn verdict = "sign in"
	// forbid knows who it is: 403.
	forbid verdict = "403"
	// ambiguous is 400, or in HTTP/2 the end of the stream.
	ambiguous verdict = "400"
	// refuse is any 4xx, or in HTTP/2 the end of the stream.
	refuse verdict = "4xx"
	// unknown is another host's: 421.
	unknown verdict = "421"
	// signInOr503 is what becomes of a session that cannot be had.
	signInOr503 verdict = "sign in or 503"
	// noToken is the answer to machines: 401, with a challenge and no cookie.
	noToken verdict = "401"
	// anything but the app.
	elsewhere verdict = "not the app"
)

// judge fails unless the verdict holds. But for pass, the application must not
// have seen a byte, and nobody may have got a session.
func (w *world) judge(t testing.TB, want verdict, r reply) {
	t.Helper()
	if want == pass {
		if r.status != http.StatusOK || r.body != greeting {
			t.Errorf("%d, want the app's answer: %.300s", r.status, r.body)
		}
		w.app.only(t)
		return
	}
	held := false
	switch want {
	case signIn:
		held = r.status == http.StatusUnauthorized || r.status == http.StatusFound
	case signInOr503:
		held = r.status == http.StatusUnauthorized || r.status == http.StatusFound || r.status == http.StatusServiceUnavailable
	case forbid:
		held = r.status == http.StatusForbidden
	case ambiguous:
		held = r.status == http.StatusBadRequest || r.status == 0
	case refuse:
		held = r.status >= 400 && r.status <= 499 || r.status == 0
	case unknown:
		held = r.status == http.StatusMisdirectedRequest
	case noToken:
		held = r.status == http.StatusUnauthorized && r.header.Get("WWW-Authenticate") != "" && r.header.Get("Set-Cookie") == ""
	case elsewhere:
		held = r.status >= 200 && r.status < 500 && r.body != greeting
	}
	if !held {
		t.Errorf("%d, want %s: %.300s", r.status, want, r.body)
	}
	if r.setsSession() {
		t.Error("somebody got a session")
	}
	w.app.untouched(t)
}
