package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestPostedAnswersAreHeldToTheSame: a form comes from the provider's page,
// whose origin browsers may hide; what it holds counts, and the address does not.
func TestPostedAnswersAreHeldToTheSame(t *testing.T) {
	t.Parallel()
	h := start(t, rogueWith("\n    response_mode: form_post"))
	for _, c := range []struct {
		name, kind, origin, query, more string
		want                            int
	}{
		{"benign: the provider's page", "application/x-www-form-urlencoded", h.rogue.Issuer()[:strings.Index(h.rogue.Issuer()[8:], "/")+8], "", "", 303},
		{"benign: a page without referrer", "application/x-www-form-urlencoded; charset=UTF-8", "null", "", "", 303},
		{"benign: a parameter that nobody knows", "application/x-www-form-urlencoded", "null", "", "&session_state=x", 303},
		{"benign: a code in the address, which does not count", "application/x-www-form-urlencoded", "null", "?code=x", "", 303},
		{"benign: a state in the address, which does not count", "application/x-www-form-urlencoded", "null", "?state=x", "", 303},
		{"a code twice", "application/x-www-form-urlencoded", "null", "", "&code=x", 400},
		{"a semicolon between", "application/x-www-form-urlencoded", "null", "", ";code=x", 400},
		{"JSON", "application/json", "null", "", "", 400},
		{"text", "text/plain", "null", "", "", 400},
		{"several parts", "multipart/form-data; boundary=x", "null", "", "", 400},
		{"no type", "", "null", "", "", 400},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := h.browserFor(t)
			before := h.rogue.Count("token")
			at := b.until(home+"/.auth/callback/", home+"/x")
			body := at.RawQuery + c.more
			at.RawQuery = ""
			a := b.send(stay, http.MethodPost, at.String()+c.query, body, append([]string{"Content-Type", c.kind, "Origin", c.origin, "Sec-Fetch-Site", "cross-site"}, navigate...)...)
			if a.StatusCode != c.want || (b.me() != nil) != (c.want == 303) {
				t.Errorf("%d, want %d; signed in: %v\n%s", a.StatusCode, c.want, b.me() != nil, a.gist())
			}
			if n := h.rogue.Count("token") - before; n != 0 && c.want != 303 {
				t.Errorf("the token endpoint was asked %d times", n)
			}
		})
	}
}
