package rogue

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
)

// Malformed is an answer that no endpoint of a provider may give. Each must
// become one error with that reason, and no session; and the sign-in after it
// must work.
type Malformed struct {
	Name string
	// Reason is the code that a relying party gives.
	Reason string
	Answer http.HandlerFunc
}

// MalformedAnswers are those of a captive portal, a broken proxy, and a
// provider that means ill.
func MalformedAnswers() []Malformed {
	text := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Write([]byte(body))
		}
	}
	return []Malformed{
		{"HTML", "provider_answer_not_json", text("text/html", "<html>Welcome to the Wi-Fi</html>")},
		{"JSON called text", "provider_answer_not_json", text("text/plain", `{"sub":"x"}`)},
		{"HTML called JSON", "provider_answer_malformed", text("application/json", "<html>")},
		{"nothing called JSON", "provider_answer_malformed", text("application/json", "")},
		{"a list", "provider_answer_malformed", text("application/json", "[]")},
		{"a name twice", "provider_answer_malformed", text("application/json", `{"issuer":"a","issuer":"b"}`)},
		{"a name twice inside", "provider_answer_malformed", text("application/json", `{"a":{"b":1,"b":2}}`)},
		{"2 MiB", "provider_answer_too_large", text("application/json", `{"x":"`+strings.Repeat("x", oversized)+`"}`)},
		{"a gzip bomb", "provider_answer_too_large", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb())
		}},
		{"a redirect to another origin", "provider_redirects", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://attacker.example/", http.StatusTemporaryRedirect)
		}},
		{"a hang-up", "provider_unreachable", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		{"500", "provider_failing", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }},
		{"429", "provider_throttling", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) }},
		{"404", "provider_answer_status", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }},
	}
}

// bomb is 8 KiB that unfold to 8 MiB.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(make([]byte, 8<<20))
	z.Close()
	return b.Bytes()
})
