package gateway_test

import (
	"io"
	"net/http"
	"testing"
	"time"
)

// TestStreamsEndWithTheirSession [requirement 27]: events that were asked for
// as such, though none come; and any other answer that goes on and on.
func TestStreamsEndWithTheirSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		accept string
		quiet  bool
	}{
		"server-sent events": {"text/event-stream", true},
		"an endless answer":  {"*/*", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := start(t, simple)
			b := h.signInFor(t, "ana.kovacs")
			h.app.answers(func(w http.ResponseWriter, r *http.Request) {
				io.WriteString(w, "begun\n")
				w.(http.Flusher).Flush()
				tick := time.NewTicker(50 * time.Millisecond)
				defer tick.Stop()
				for {
					select {
					case <-r.Context().Done():
						return
					case <-tick.C:
						if !c.quiet {
							io.WriteString(w, "more\n")
							w.(http.Flusher).Flush()
						}
					}
				}
			})
			conn := h.connect(t)
			conn.write("GET /x HTTP/1.1\nHost: app.example.test\nAccept: " + c.accept + "\nCookie: " + b.sessionCookie() + "\n\n")
			res, err := http.ReadResponse(conn.r, nil)
			if err != nil || res.StatusCode != http.StatusOK {
				t.Fatal(res, err)
			}
			defer res.Body.Close()
			b.once(home + "/.auth/logout?local=1").wants(http.StatusSeeOther)
			began := time.Now()
			if _, err := io.Copy(io.Discard, res.Body); err == nil {
				t.Error("the answer looks complete")
			}
			if took := time.Since(began); took > 8*time.Second {
				t.Errorf("it went on for %v", took)
			}
		})
	}
}
