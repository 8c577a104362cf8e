package page

import "testing"

func TestLinesBreakWhereTheEyeExpectsIt(t *testing.T) {
	for s, want := range map[string]string{
		"ada.l@example.com": "ada<wbr>.l<wbr>@example<wbr>.com",
		"Wiki":              "Wiki",
		"<a.b>&\"":          "&lt;a<wbr>.b&gt;&amp;&#34;",
	} {
		if got := string(breakable(s)); got != want {
			t.Errorf("breakable(%q) = %q, want %q", s, got, want)
		}
	}
	for s, want := range map[string]string{
		"Verify your e-mail address": `Verify your <span class="whole">e-mail</span> address`,
		"Sign in":                    "Sign in",
		"<a-b> c":                    `<span class="whole">&lt;a-b&gt;</span> c`,
	} {
		if got := string(unbroken(s)); got != want {
			t.Errorf("unbroken(%q) = %q, want %q", s, got, want)
		}
	}
}
