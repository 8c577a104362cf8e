package provider

import (
	"bytes"
	"compress/gzip"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// drip sends one byte at a time until the client leaves.
func drip(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(10 * time.Millisecond):
			_, _ = w.Write([]byte(" "))
			_ = http.NewResponseController(w).Flush()
		}
	}
}

// TestMalformedDocumentIsOneReasonAndHeals serves each broken answer as the
// discovery document, then as the key set, and then the good one: the sign-in
// after it must work.
func TestMalformedDocumentIsOneReasonAndHeals(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		t.Error("a redirect led us to another origin")
		writeJSON(w, http.StatusOK, object{})
	}))
	defer elsewhere.Close()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	body := func(contentType, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = w.Write([]byte(text))
		}
	}
	var bomb bytes.Buffer // 8 KiB that unfold to 8 MiB
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	for _, test := range []struct {
		name    string
		handler http.HandlerFunc
		reason  string
	}{
		{"HTML", body("text/html", "<html>sign in to the Wi-Fi</html>"), ReasonAnswerNotJSON},
		{"JSON called text", body("text/plain", `{"keys":[]}`), ReasonAnswerNotJSON},
		{"JSON without a type", func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = w.Write([]byte(`{}`))
		}, ReasonAnswerNotJSON},
		{"HTML called JSON", body("application/json", "<html>"), ReasonAnswerMalformed},
		{"empty", body("application/json", ""), ReasonAnswerMalformed},
		{"a list", body("application/json", "[]"), ReasonAnswerMalformed},
		{"a name twice", body("application/json", `{"issuer":"https://a","issuer":"https://b","keys":[],"keys":[]}`), ReasonAnswerMalformed},
		{"cut off in JSON", body("application/json", `{"issuer":`), ReasonAnswerMalformed},
		{"nested deeply", body("application/json", strings.Repeat(`{"a":`, 100000)), ReasonAnswerMalformed},
		{"cut off in the connection", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"issuer":`))
		}, ReasonUnreachable},
		{"2 MiB", body("application/json", `{"x":"`+strings.Repeat("x", 2<<20)+`"}`), ReasonAnswerTooLarge},
		{"a gzip bomb", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		}, ReasonAnswerTooLarge},
		{"a huge header", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Filler", strings.Repeat("x", 1<<20))
			writeJSON(w, http.StatusOK, object{})
		}, ReasonUnreachable},
		{"one byte at a time", drip, ReasonSlow},
		{"no answer", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ReasonSlow},
		{"404", status(404), ReasonAnswerStatus},
		{"204", status(204), ReasonAnswerStatus},
		{"401", status(401), ReasonAnswerStatus},
		{"500", status(500), ReasonFailing},
		{"503", status(503), ReasonFailing},
		{"429", status(429), ReasonThrottling},
		{"redirect elsewhere", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.Path, http.StatusFound)
		}, ReasonRedirects},
		{"redirect in a circle", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
		}, ReasonRedirects},
		{"redirect without a target", status(302), ReasonRedirects},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, ReasonUnreachable},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := newIDP(t)
			now := testNow
			p := i.client(func(o *Options) { o.Now = func() time.Time { return now } })
			brisk := func() { p.hurry(8 * time.Second) }
			if test.reason == ReasonSlow {
				brisk = func() { p.hurry(100 * time.Millisecond) }
			}
			brisk()
			i.on(configurationPath, test.handler)
			_, err := authorize(p)
			wantReason(t, err, test.reason)
			if e, ok := err.(*Error); ok && !e.Unavailable {
				t.Error("a sign-in that cannot begin must be Unavailable")
			}

			p.hurry(8 * time.Second)
			now = now.Add(failureMemory)
			i.on(configurationPath, nil)
			if _, err := authorize(p); err != nil {
				t.Fatalf("the next sign-in: %v", err)
			}

			brisk()
			i.on("/jwks", test.handler)
			_, err = p.keys.verify(t.Context(), i.idToken())
			wantReason(t, err, test.reason)
			if e, ok := err.(*Error); ok && !e.Unavailable {
				t.Error("keys that cannot be fetched must be Unavailable")
			}
			p.hurry(8 * time.Second)
			now = now.Add(failureMemory)
			i.on("/jwks", nil)
			if _, err := redeem(p); err != nil {
				t.Fatalf("the next sign-in after bad keys: %v", err)
			}
		})
	}
}

func TestRedirectWithinTheOriginIsFollowed(t *testing.T) {
	i := newIDP(t)
	i.on("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, configurationPath, http.StatusFound) })
	p := i.client(func(o *Options) { o.DiscoveryURL = i.URL + "/moved" })
	if _, err := authorize(p); err != nil {
		t.Error(err)
	}
}

func TestJSONSuffixIsJSON(t *testing.T) {
	i := newIDP(t)
	i.on("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/jwk-set+json; charset=utf-8")
		fmt.Fprintf(w, `{"keys":[%s]}`, must(jsonText(i.keys[0])))
	})
	if _, err := redeem(i.client(nil)); err != nil {
		t.Error(err)
	}
}

func TestRetryAfterIsReadAndBounded(t *testing.T) {
	for _, test := range []struct {
		value string
		want  time.Duration
	}{
		{"", defaultRetryAfter},
		{"30", 30 * time.Second},
		{"0", defaultRetryAfter},
		{"-5", defaultRetryAfter},
		{"soon", defaultRetryAfter},
		{"1.5", defaultRetryAfter},
		{"86400", maxRetryAfter},
		{"99999999999999999999999", maxRetryAfter},
		{testNow.Add(time.Minute).UTC().Format(http.TimeFormat), time.Minute},
		{testNow.Add(-time.Minute).UTC().Format(http.TimeFormat), defaultRetryAfter},
		{testNow.Add(240 * time.Hour).UTC().Format(http.TimeFormat), maxRetryAfter},
	} {
		i := newIDP(t)
		i.on("/token", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", test.value)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		_, err := redeem(i.client(nil))
		wantReason(t, err, ReasonThrottling)
		if e := err.(*Error); !e.Unavailable || e.RetryAfter != test.want {
			t.Errorf("Retry-After %q: %v, want %v", test.value, e.RetryAfter, test.want)
		}
	}
}

func TestCertificatesAreVerified(t *testing.T) {
	var s *httptest.Server
	s = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, object{
			"issuer": s.URL, "authorization_endpoint": s.URL + "/a", "token_endpoint": s.URL + "/t", "jwks_uri": s.URL + "/k",
		})
	}))
	s.Config.ErrorLog = discardLog()
	s.StartTLS()
	defer s.Close()
	old := httptest.NewUnstartedServer(s.Config.Handler)
	old.Config.ErrorLog = discardLog()
	old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
	old.StartTLS()
	defer old.Close()
	roots := func(s *httptest.Server) *x509.CertPool {
		return must(TrustedRoots(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})))
	}
	for _, test := range []struct {
		name   string
		server *httptest.Server
		roots  *x509.CertPool
		reason string
	}{
		{"trusted", s, roots(s), ""},
		{"unknown", s, nil, ReasonUnreachable},
		{"TLS 1.1", old, roots(old), ReasonUnreachable},
	} {
		p, err := New(Options{Name: "x", ClientID: "c", Issuer: test.server.URL, Roots: test.roots})
		if err != nil {
			t.Fatal(err)
		}
		_, err = authorize(p)
		if got := reason(t, err); got != test.reason {
			t.Errorf("%s: %v, want %q", test.name, err, test.reason)
		}
		p.transport.CloseIdleConnections()
	}
	if _, err := TrustedRoots([]byte("no certificate")); err == nil {
		t.Error("a file without certificates must be refused")
	}
}
