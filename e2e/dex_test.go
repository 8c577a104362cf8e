package e2e

import (
	"net/http"
	"net/url"
	"testing"
)

// TestDexExample runs the two halves of examples/compose.yaml as they stand
// there, but for their ports.
func TestDexExample(t *testing.T) {
	ports := freePorts(t, 2)
	dex, base := "http://localhost:"+ports[0], "http://localhost:"+ports[1]
	behind := newApp(t)
	startDex(t, example(t, "dex.yaml", "http://localhost:5556", dex, "http://localhost:8080", base))
	serve(t, example(t, "gatehouse.yaml",
		"http://localhost:5556", dex, "http://localhost:8080", base, "http://app:3000", behind.URL,
		`listen: ":8080"`, "listen: 127.0.0.1:"+ports[1]+"\n  admin: {listen: \"\"}"), base, http.DefaultClient)

	t.Run("password", func(t *testing.T) {
		ana := newPerson(t, nil)
		chooser := ana.visit(base + "/staff/?q=1&r=%2F")
		form := ana.follow(chooser, "Email")
		home := ana.submit(form, url.Values{"login": {"ana@example.com"}, "password": {"password"}})
		if home.Status != http.StatusOK || home.Body != "app /staff/?q=1&r=%2F" {
			t.Fatalf("signed in: %d at %s:\n%s", home.Status, home.URL, home.Body)
		}
		behind.got(t, map[string]string{
			"X-Forwarded-Email": "ana@example.com", "X-Gatehouse-Provider": "dex", "X-Forwarded-Groups": "",
			"X-Forwarded-Proto": "http", "X-Forwarded-Host": "localhost:" + ports[1], "Cookie": "",
		})
		if denied := ana.visit(base + "/authors/"); denied.Status != http.StatusForbidden {
			t.Errorf("without the group: %d", denied.Status)
		}
		signsOut(t, ana, base)
	})
	t.Run("directory", func(t *testing.T) {
		kilgore := newPerson(t, nil)
		home := kilgore.follow(kilgore.visit(base+"/authors/"), "Example directory")
		if home.Status != http.StatusOK || home.Body != "app /authors/" {
			t.Fatalf("signed in: %d at %s:\n%s", home.Status, home.URL, home.Body)
		}
		behind.got(t, map[string]string{"X-Forwarded-Email": "kilgore@kilgore.trout", "X-Forwarded-Groups": "authors"})
		if denied := kilgore.visit(base + "/staff/"); denied.Status != http.StatusForbidden {
			t.Errorf("with another domain's address: %d", denied.Status)
		}
		signsOut(t, kilgore, base)
	})
	t.Run("wrong password", func(t *testing.T) {
		stranger := newPerson(t, nil)
		form := stranger.follow(stranger.visit(base+"/staff/"), "Email")
		again := stranger.submit(form, url.Values{"login": {"ana@example.com"}, "password": {"guess"}})
		if again.URL.Host != "localhost:"+ports[0] {
			t.Errorf("landed on %s", again.URL)
		}
		if me := stranger.visit(base + "/.auth/me"); me.Status != http.StatusUnauthorized {
			t.Errorf("signed in all the same: %d %s", me.Status, me.Body)
		}
	})
}

// signsOut ends somebody's session and sees that it is over.
func signsOut(t *testing.T, p *person, base string) {
	t.Helper()
	if me := p.visit(base + "/.auth/me"); me.Status != http.StatusOK {
		t.Errorf("before the sign-out: %d %s", me.Status, me.Body)
	}
	if out := p.visit(base + "/.auth/logout"); out.Status != http.StatusOK {
		t.Errorf("sign-out: %d at %s", out.Status, out.URL)
	}
	if me := p.visit(base + "/.auth/me"); me.Status != http.StatusUnauthorized {
		t.Errorf("after the sign-out: %d %s", me.Status, me.Body)
	}
}
