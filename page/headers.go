package page

import "net/http"

const (
	// noForms is for every page without a form.
	noForms = " form-action 'none';"
	// ownForms is for pages whose forms lead back to them.
	ownForms = " form-action 'self';"
	// anyFormTarget leaves form-action away, which has no fallback. Chrome
	// holds it against every redirect that follows a POST, and signing out
	// leads to the provider and from there to wherever it federates to. Our
	// forms hold nothing but a token that is worth nothing elsewhere.
	anyFormTarget = ""
)

// contentSecurity is a page's content security policy. Pictures are embedded in
// the page (the logo, the tab's icon); scripts, frames, fonts and fetches are none.
func contentSecurity(styleSource, formAction string) string {
	return "default-src 'none'; style-src " + styleSource + "; img-src data:;" +
		formAction + " base-uri 'none'; frame-ancestors 'none'"
}

// nothingAtAll is the policy of what is no page.
const nothingAtAll = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"

// SetHeaders sets what answers of Gatehouse itself carry. https says
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
func SetHeaders(h http.Header, https bool) { setHeaders(h, everywhere[:], https) }

// SetHeadersUnseen is SetHeaders for an answer without a body that another proxy
// asks for: nothing of it is shown or embedded anywhere.
func SetHeadersUnseen(h http.Header, https bool) { setHeaders(h, everywhere[:unseen], https) }

func setHeaders(h http.Header, list []field, https bool) {
	for i := range list {
		h[list[i].name] = list[i].value
	}
	if https {
		h["Strict-Transport-Security"] = strictTransport
	}
}

// field is one header line.
type field struct {
	name  string
	value []string
}

// everywhere are shared by all answers: set them anew, never change them.
var everywhere = [...]field{
	{"Cache-Control", []string{"no-store"}},
	{"Content-Security-Policy", []string{nothingAtAll}},
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Referrer-Policy", []string{"same-origin"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
	{"X-Frame-Options", []string{"DENY"}}, // for browsers without frame-ancestors
}

// unseen is how many of them an answer has that no browser gets.
const unseen = unframed - 1

// unframed is how many of them redirects have: browsers show nothing of one, so
// there is nothing to frame. With Location, a cookie and HSTS that makes eight
// lines, as many as a small map holds; the ninth would cost as much as the eight.
const unframed = len(everywhere) - 1

var strictTransport = []string{"max-age=31536000"}

// secure reports whether the client came by https, as the door resolved it.
func secure(r *http.Request) bool { return r.URL.Scheme == "https" }
