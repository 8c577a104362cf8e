package e2e

import (
	"net/http"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPagesNeedNoScripts walks through every page with scripts switched off.
func TestPagesNeedNoScripts(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	b.visit(base + "/.auth/")
	b.follow("Sign in")
	b.signIn("cleo.marsh")
	if a := b.visit(base + "/staff/"); a.Status != http.StatusForbidden {
		t.Errorf("denied: %+v", a)
	}
	b.follow("Switch account")
	if a := b.signIn("elif.demir"); a.Status != http.StatusOK {
		t.Errorf("switched: %+v", a)
	}
	b.visit(base + "/.auth/")
	result(b, chromedp.Click(chromedp.CSS("main summary"))) // unfolds the groups
	b.follow("Sign out")
	if a := b.follow("Sign in again"); a.Status != http.StatusOK {
		t.Errorf("to sign in again: %+v", a)
	}
	b.atPicker(arrival{http.StatusOK, b.location()})
}

// TestPagesFitAPhone: nothing has to be scrolled sideways at 320 CSS pixels,
// WCAG 2.2's reflow (1.4.10), in either colour scheme.
func TestPagesFitAPhone(t *testing.T) {
	base, _ := startDemo(t)
	b := newTab(t)
	result(b, chromedp.EmulateViewport(320, 640))
	b.visit(base + "/staff/")
	b.signIn("elif.demir")
	for _, scheme := range []string{"light", "dark"} {
		_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/", "/admin/", "/.auth/", "/.auth/callback/demo", "/.auth/signed-out", "/.auth/nothing"} {
			b.visit(base + path)
			if width := result(b, chromedp.Evaluate[int](`document.scrollingElement.scrollWidth`)); width > 320 {
				t.Errorf("%s (%s) is %d pixels wide", path, scheme, width)
			}
		}
	}
}
