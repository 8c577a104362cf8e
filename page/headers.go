package page

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
)

// styleHash names the one style sheet that may apply (CSP Level 3 section
// 2.3.1). Browsers hash the text between the style tags, byte for byte.
var styleHash = func() string {
	sum := sha256.Sum256([]byte(styleSheet))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

const (
	// noForms is for every page without a form.
	noForms = " form-action 'none';"
	// anyFormTarget leaves form-action away, which has no fallback. Chrome
	// holds it against every redirect that follows a POST, and signing out
	// leads to the provider and from there to wherever it federates to. Our
	// forms hold nothing but a token that is worth nothing elsewhere.
	anyFormTarget = ""
)

// contentSecurity is the content security policy. Pictures are embedded in the page
// (the logo, the tab's icon); scripts, frames, fonts and fetches are none.
func contentSecurity(formAction string) string {
	return "default-src 'none'; style-src " + styleHash + "; img-src data:;" +
		formAction + " base-uri 'none'; frame-ancestors 'none'"
}

// SetHeaders sets what every answer of Gatehouse itself carries. https says
// that the client came by https.
//
//   - Referrer-Policy is same-origin. Sign-out looks at a same-origin Referer
//     in browsers without Sec-Fetch-Site, and no-referrer would make browsers
//     send "Origin: null" with our own form. Other origins learn nothing.
//   - Cross-Origin-Opener-Policy is left out on purpose. It counts on
//     redirects too, and would cut an app's sign-in popup off from the window
//     that opened it. Our pages have no script that an opener could talk to.
//   - HSTS is for a year and for this host alone: its subdomains may be other
//     people's. Browsers ignore it over http, so it is sent over https only
//     (RFC 6797 section 7.2).
func SetHeaders(h http.Header, https bool) {
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", contentSecurity(noForms))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Frame-Options", "DENY") // for browsers without frame-ancestors
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	if https {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// secure reports whether the client came by https, as the door resolved it.
func secure(r *http.Request) bool { return r.URL.Scheme == "https" }
