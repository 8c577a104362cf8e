package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSignOutEndsTheSessionEverywhere(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	b.visit(base + "/staff/")
	b.signIn("ana.kovacs")
	stolen := b.cookies()["gatehouse"].Value
	other := b.another()
	if a := other.visit(base + "/staff/"); a.Status != http.StatusOK {
		t.Fatalf("the second tab is not signed in: %+v", a)
	}

	if a := b.follow("Sign out"); a.Status != http.StatusOK || a.URL != base+"/.auth/signed-out" {
		t.Errorf("signed out: %+v", a)
	}
	if cookies := b.cookies(); cookies["gatehouse"] != nil {
		t.Errorf("the cookie stays: %v", cookies)
	}
	other.atPicker(other.reload())
	b.atPicker(b.visit(base + "/staff/"))

	// A copy of the cookie is worth nothing any more.
	request, err := http.NewRequest(http.MethodGet, base+"/.auth/me", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.AddCookie(&http.Cookie{Name: "gatehouse", Value: stolen})
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("a copied cookie: %s", answer.Status)
	}
}

// TestBackButton: neither the page that was protected comes back after the
// sign-out, nor does the sign-in become a trap.
func TestBackButton(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	b.visit(base + "/")
	b.visit(base + "/staff/")
	if a := b.signIn("ana.kovacs"); a.URL != base+"/staff/" {
		t.Fatalf("signed in: %+v", a)
	}
	// Back at the provider, whose sign-in is over. The app is still open.
	b.back()
	if a := b.visit(base + "/staff/"); a.Status != http.StatusOK {
		t.Errorf("the app after going back: %+v", a)
	}
	b.follow("Sign out")
	b.atPicker(b.back())
	if a := b.signIn("ben.osei"); a.Status != http.StatusOK || a.URL != base+"/staff/" {
		t.Errorf("signed in again: %+v", a)
	}
	if email := b.received()["X-Forwarded-Email"]; email != "ben.osei@example.com" {
		t.Errorf("the app is told %q", email)
	}
}

// TestTwoTabsSignInAtOnce: each comes back to its own address, and the last
// person is the one who is signed in.
func TestTwoTabsSignInAtOnce(t *testing.T) {
	base, _ := startDemo(t)
	first := newTab(t)
	first.atPicker(first.visit(base + "/staff/first"))
	second := first.another()
	second.atPicker(second.visit(base + "/staff/second"))
	if a := second.signIn("ana.kovacs"); a.Status != http.StatusOK || a.URL != base+"/staff/second" {
		t.Errorf("second tab: %+v", a)
	}
	if a := first.signIn("ben.osei"); a.Status != http.StatusOK || a.URL != base+"/staff/first" {
		t.Errorf("first tab: %+v", a)
	}
	second.reload()
	for name, tab := range map[string]*tab{"first": first, "second": second} {
		if email := tab.received()["X-Forwarded-Email"]; email != "ben.osei@example.com" {
			t.Errorf("the %s tab is told %q", name, email)
		}
	}
}

// TestForeignPageCannotSignOut: a link elsewhere only leads to the question.
func TestForeignPageCannotSignOut(t *testing.T) {
	base, _ := startDemo(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,"><main><a href="%s/.auth/logout">Kittens</a></main>`, base)
	}))
	defer elsewhere.Close()
	b := newTab(t)
	b.visit(base + "/staff/")
	b.signIn("ana.kovacs")
	b.visit(elsewhere.URL)
	if a := b.follow("Kittens"); a.Status != http.StatusOK || !strings.Contains(b.text("main"), "ana.kovacs@example.com") {
		t.Errorf("the question: %+v, %s", a, b.text("main"))
	}
	if a := b.visit(base + "/staff/"); a.Status != http.StatusOK || a.URL != base+"/staff/" {
		t.Errorf("after the link alone: %+v", a)
	}
	b.visit(elsewhere.URL)
	b.follow("Kittens")
	if a := b.click(`main form button[type="submit"]`); a.URL != base+"/.auth/signed-out" {
		t.Errorf("after the person agreed: %+v", a)
	}
	b.atPicker(b.visit(base + "/staff/"))
}

func TestHomePageShowsWhatYouMayOpen(t *testing.T) {
	base, _ := startDemo(t)
	for user, admin := range map[string]bool{"ana.kovacs": false, "ben.osei": true} {
		t.Run(user, func(t *testing.T) {
			b := newTab(t)
			if a := b.visit(base + "/.auth/"); a.Status != http.StatusOK || strings.Contains(b.text("main"), "Staff") {
				t.Errorf("before the sign-in: %+v %s", a, b.text("main"))
			}
			b.atPicker(b.follow("Sign in"))
			if a := b.signIn(user); a.URL != base+"/.auth/" {
				t.Errorf("after the sign-in: %+v", a)
			}
			text := b.text("main")
			if !strings.Contains(text, user+"@example.com") || !strings.Contains(text, "Staff") || strings.Contains(text, "Administration") != admin {
				t.Errorf("the page: %s", text)
			}
			if a := b.click(`a[href="` + base + `/staff"], a[href="` + base + `/staff/"]`); a.Status != http.StatusOK {
				t.Errorf("the app from its tile: %+v", a)
			}
		})
	}
}
