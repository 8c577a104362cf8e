package page

import (
	"math"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// answers is every kind of answer that Gatehouse gives itself.
func answers(p *Pages) map[string]writer {
	out := samples(p)
	out["redirect"] = func(w http.ResponseWriter, r *http.Request) error {
		p.Redirect(w, r, http.StatusFound, "/x")
		return nil
	}
	out["json"] = func(w http.ResponseWriter, r *http.Request) error { return p.JSON(w, r, 200, 1) }
	out["json error"] = func(w http.ResponseWriter, r *http.Request) error {
		r.Header.Set("Sec-Fetch-Mode", "cors")
		p.WriteError(w, r, &Error{Status: 403}, "")
		return nil
	}
	return out
}

func TestEveryAnswerCarriesTheHeaders(t *testing.T) {
	p := newPages(t, Options{})
	for name, write := range answers(p) {
		t.Run(name, func(t *testing.T) {
			w, _ := render(t, write)
			h := w.Header()
			frames, length := "DENY", strconv.Itoa(w.Body.Len())
			if name == "redirect" { // shows nothing, and net/http adds the length
				frames, length = "", ""
			}
			for header, want := range map[string]string{
				"Cache-Control":                "no-store",
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "same-origin",
				"X-Frame-Options":              frames,
				"Cross-Origin-Resource-Policy": "same-origin",
				"Cross-Origin-Opener-Policy":   "",
				"Strict-Transport-Security":    "max-age=31536000",
				"Content-Length":               length,
			} {
				if got := h.Get(header); got != want {
					t.Errorf("%s = %q, want %q", header, got, want)
				}
			}
			want := "default-src 'none'; style-src " + p.look.style.source + "; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
			switch {
			case name == "confirm_sign_out": // Chrome would stop the redirect to the provider
				want = strings.Replace(want, " form-action 'none';", "", 1)
			case h.Get("Content-Type") != "text/html; charset=utf-8":
				want = "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
			}
			if diff := cmp.Diff(want, h.Get("Content-Security-Policy")); diff != "" {
				t.Errorf("Content-Security-Policy (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlainHTTPGetsNoHSTS(t *testing.T) {
	for name, write := range answers(newPages(t, Options{})) {
		w := httptest.NewRecorder()
		if err := write(w, navigation("GET", "http://app.example.com/")); err != nil {
			t.Fatal(err)
		}
		if got := w.Header().Get("Strict-Transport-Security"); got != "" {
			t.Errorf("%s: Strict-Transport-Security = %q over http", name, got)
		}
	}
}

func TestHEADGetsHeadersOnly(t *testing.T) {
	for name, write := range answers(newPages(t, Options{})) {
		get, head := httptest.NewRecorder(), httptest.NewRecorder()
		if err := write(get, navigation("GET", "https://app.example.com/deep?x=1")); err != nil {
			t.Fatal(err)
		}
		if err := write(head, navigation("HEAD", "https://app.example.com/deep?x=1")); err != nil {
			t.Fatal(err)
		}
		if head.Body.Len() != 0 {
			t.Errorf("%s: HEAD got a body of %d bytes", name, head.Body.Len())
		}
		if diff := cmp.Diff(get.Header(), head.Header()); diff != "" || get.Code != head.Code {
			t.Errorf("%s: HEAD differs from GET (-get +head):\n%s", name, diff)
		}
	}
}

func TestAnswersForgetAnotherBodysHeaders(t *testing.T) {
	w := httptest.NewRecorder()
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Etag", `"old"`)
	newPages(t, Options{}).WriteError(w, navigation("GET", "/x"), &Error{Status: 502}, "")
	if w.Header().Get("Content-Encoding")+w.Header().Get("Etag") != "" {
		t.Errorf("headers = %v", w.Header())
	}
}

func TestRedirectKeepsTheLocationByteForByte(t *testing.T) {
	for _, c := range []struct{ location, want string }{
		{"/a?x=1&y=%2F#z", "/a?x=1&y=%2F#z"},
		{"https://idp.example.com/as/authorize?state=a~b", "https://idp.example.com/as/authorize?state=a~b"},
		{"/a\r\nSet-Cookie: x=1", "/a%0D%0ASet-Cookie:%20x=1"},
		{"/caf\u00e9", "/caf%C3%A9"},
	} {
		w := httptest.NewRecorder()
		newPages(t, Options{}).Redirect(w, httptest.NewRequest("GET", "/", nil), http.StatusSeeOther, c.location)
		if got := w.Header().Get("Location"); got != c.want {
			t.Errorf("Location for %q = %q, want %q", c.location, got, c.want)
		}
		if w.Code != http.StatusSeeOther || w.Body.Len() != 0 || w.Header().Get("Content-Type") != "" {
			t.Errorf("answered %d with %q, %d bytes", w.Code, w.Header().Get("Content-Type"), w.Body.Len())
		}
	}
}

func TestRedirectNeverSendsABodyAlong(t *testing.T) {
	for status, want := range map[int]int{302: 302, 303: 303, 308: 308, 307: 303, 301: 303, 200: 303, 0: 303} {
		w := httptest.NewRecorder()
		newPages(t, Options{}).Redirect(w, httptest.NewRequest("POST", "/", nil), status, "/")
		if w.Code != want {
			t.Errorf("Redirect with %d answered %d, want %d", status, w.Code, want)
		}
	}
}

func TestJSONFailsBeforeItWrites(t *testing.T) {
	w := httptest.NewRecorder()
	p := newPages(t, Options{})
	if err := p.JSON(w, httptest.NewRequest("GET", "/", nil), 200, math.NaN()); err == nil || len(w.Header()) != 0 {
		t.Errorf("JSON of NaN: error %v, headers %v", err, w.Header())
	}
	if err := p.JSON(w, httptest.NewRequest("GET", "/", nil), 201, map[string]string{"a": "<"}); err != nil {
		t.Fatal(err)
	}
	if got := w.Body.String(); w.Code != 201 || strings.TrimSpace(got) != `{"a":"\u003c"}` {
		t.Errorf("answered %d %s", w.Code, got)
	}
}
