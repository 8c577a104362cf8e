package e2e

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"
)

// startDemo runs "gatehouse demo" on a free port and returns its address.
func startDemo(t *testing.T) (base string, demo *process) {
	t.Helper()
	demo = start(t, exec.Command(gatehouse, "demo", "--listen", "127.0.0.1:0"))
	base = demo.await(t, "Open ")
	answers(t, http.DefaultClient, base+"/.auth/ok")
	return base, demo
}

func TestDemoLeavesCleanlyOnInterrupt(t *testing.T) {
	_, demo := startDemo(t)
	if err := demo.stop(syscall.SIGINT); err != nil {
		t.Error("after Ctrl-C:", err)
	}
}

func TestSecondDemoOnTheSamePortSaysSo(t *testing.T) {
	base, _ := startDemo(t)
	out, err := exec.Command(gatehouse, "demo", "--listen", strings.TrimPrefix(base, "http://")).CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("in use")) {
		t.Errorf("a second demo: %v\n%s", err, out)
	}
}

// signIn chooses somebody in the provider's picker, which must be on show.
func (b *tab) signIn(user string) arrival {
	b.t.Helper()
	return b.click(`button[name="user"][value="` + user + `"]`)
}

// atPicker fails the test unless the provider asks who it is.
func (b *tab) atPicker(a arrival) {
	b.t.Helper()
	if title := b.text("title"); a.Status != http.StatusOK || !strings.HasPrefix(title, "Choose a user") {
		b.t.Fatalf("want the picker, got %d %q at %s", a.Status, title, a.URL)
	}
}

// received are the headers that the sample app shows, by canonical name.
func (b *tab) received() map[string]string {
	b.t.Helper()
	return result(b, chromedp.Evaluate[map[string]string](`Object.fromEntries(
		[...document.querySelectorAll('tr')].filter(row => row.querySelector('code.value')).map(row =>
			[row.querySelector('th').textContent, [...row.querySelectorAll('code.value')].map(c => c.textContent).join('\n')]))`))
}

func TestEverybodySeesWhatTheyMay(t *testing.T) {
	base, _ := startDemo(t)
	for _, person := range []struct {
		user         string
		staff, admin int
		headers      map[string]string // "" means absent
	}{
		{"ana.kovacs", 200, 403, map[string]string{
			"X-Forwarded-Email": "ana.kovacs@example.com", "X-Forwarded-Preferred-Username": "ana.kovacs", "X-Forwarded-Groups": "staff,engineering",
			"X-Gatehouse-Provider": "demo",
		}},
		{"ben.osei", 200, 200, map[string]string{"X-Forwarded-Groups": "staff,administrators"}},
		{"cleo.marsh", 403, 403, map[string]string{"X-Forwarded-Email": "cleo@marsh-consulting.example"}},
		{"dev.rao", 200, 403, map[string]string{"X-Forwarded-Email": "", "X-Forwarded-Preferred-Username": "dev.rao"}},
		{"zoë.o’neill", 200, 403, map[string]string{
			"X-Forwarded-Preferred-Username": "zoë.o’neill", "X-Forwarded-Groups": "staff,R&D%2C Berlin,50%25 time",
		}},
	} {
		t.Run(person.user, func(t *testing.T) {
			b := newTab(t)
			if a := b.visit(base + "/"); a.Status != http.StatusOK || b.received()["X-Forwarded-User"] != "" {
				t.Errorf("the public area before the sign-in: %d, %v", a.Status, b.received())
			}
			b.atPicker(b.visit(base + "/staff/"))
			if a := b.signIn(person.user); a.Status != person.staff || a.URL != base+"/staff/" {
				t.Errorf("staff: %+v, want %d", a, person.staff)
			}
			if a := b.visit(base + "/admin/"); a.Status != person.admin {
				t.Errorf("administration: %+v, want %d", a, person.admin)
			}
			if a := b.visit(base + "/"); a.Status != http.StatusOK {
				t.Errorf("the public area: %+v", a)
			}
			got := b.received()
			if got["X-Forwarded-User"] == "" {
				t.Error("the public area is not told who it is")
			}
			for name, want := range person.headers {
				if got[name] != want {
					t.Errorf("%s = %q, want %q", name, got[name], want)
				}
			}
			if strings.Contains(got["Cookie"], "gatehouse") {
				t.Errorf("the app receives the session: %q", got["Cookie"])
			}
		})
	}
}

func TestDeniedPageSaysWhoYouAreAndSwitchesAccount(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	b.visit(base + "/staff/report?q=1")
	if a := b.signIn("cleo.marsh"); a.Status != http.StatusForbidden {
		t.Fatalf("the contractor: %+v", a)
	}
	if text := b.text("main"); !strings.Contains(text, "cleo@marsh-consulting.example") {
		t.Errorf("the page does not say who it denies: %s", text)
	}
	b.atPicker(b.follow("Switch account"))
	if a := b.signIn("ana.kovacs"); a.Status != http.StatusOK || a.URL != base+"/staff/report?q=1" {
		t.Errorf("after the switch: %+v", a)
	}
	if email := b.received()["X-Forwarded-Email"]; email != "ana.kovacs@example.com" {
		t.Errorf("the app is told %q", email)
	}
}

func TestManyGroupsTravelInSeveralCookies(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	b.visit(base + "/staff/")
	if a := b.signIn("elif.demir"); a.Status != http.StatusOK {
		t.Fatalf("staff: %+v", a)
	}
	if groups := strings.Split(b.received()["X-Forwarded-Groups"], ","); len(groups) != 200 {
		t.Errorf("the app is told %d groups", len(groups))
	}
	cookies := b.cookies()
	if cookies["gatehouse"] == nil || cookies["gatehouse.1"] == nil {
		t.Errorf("cookies: %v", cookies)
	}
	for name, c := range cookies {
		if !c.HTTPOnly || c.SameSite != "Lax" || c.Path != "/" {
			t.Errorf("%s: HttpOnly %v, SameSite %s, Path %s", name, c.HTTPOnly, c.SameSite, c.Path)
		}
	}
	// Somebody with fewer groups takes the place of all pieces.
	b.atPicker(b.visit(base + "/.auth/login?rd=/staff/&prompt=login"))
	b.signIn("ana.kovacs")
	if cookies := b.cookies(); cookies["gatehouse.1"] != nil || b.received()["X-Forwarded-Groups"] != "staff,engineering" {
		t.Errorf("after ana signed in: %v, %v", cookies, b.received())
	}
}

func TestDeepLinkIsRestoredByteForByte(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	const link = "/staff/a%20b/caf%C3%A9?x=1&y=%2F&z=a+b&empty="
	b.atPicker(b.visit(base + link))
	if a := b.signIn("ana.kovacs"); a.URL != base+link {
		t.Errorf("landed on %s, want %s", a.URL, base+link)
	}
	if line := b.text("p.line"); line != "GET "+link+" HTTP/1.1" {
		t.Errorf("the app was asked %q", line)
	}
}

func TestCancelledSignInCanBeTriedAgain(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	b.visit(base + "/staff/?q=1")
	if a := b.click(`button[name="cancel"]`); a.Status != http.StatusBadRequest {
		t.Errorf("after cancelling: %+v", a)
	}
	b.atPicker(b.follow("Try again"))
	if a := b.signIn("ana.kovacs"); a.Status != http.StatusOK || a.URL != base+"/staff/?q=1" {
		t.Errorf("after the second try: %+v", a)
	}
}
