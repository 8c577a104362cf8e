package gateway_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"
)

// TestEveryAnswerHoldsItsOwnUser: many people at once, over HTTP/1.1 and
// HTTP/2, some of whom hang up.
func TestEveryAnswerHoldsItsOwnUser(t *testing.T) {
	t.Parallel()
	h := start(t, onLoopback+oneKey+fromPing+`
routes:
  - {name: app, from: "https://app.example.test", to: "${APP}", policy: [{allow: everyone}]}
`)
	h.app.answers(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Header.Get("X-Forwarded-User")) })
	people := map[string]string{
		"ana.kovacs": "0c7a5f0e-3d1b-4a86-b1d8-6a3f5e9b2c11", "ben.osei": "5b2e91d4-7c60-4f3a-8d15-90e4b7a1c622",
		"cleo.marsh": "9f4d3c28-1e57-4b09-a6c3-2d7f8b0e5a33", "elif.demir": "e81c7f95-0b3d-4d62-8f7a-4a95d0c3e855",
	}
	cookies := map[string]string{}
	for user := range people {
		cookies[user] = h.visitor(user).sessionCookie()
	}
	clients := []*http.Client{h.plainClient(t, false), h.plainClient(t, true)}
	var wait sync.WaitGroup
	for user, subject := range people {
		for i := range 60 {
			wait.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				r, err := http.NewRequestWithContext(ctx, "GET", "http://app.example.test/x", nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Cookie", cookies[user])
				if i%5 == 0 {
					go cancel()
				}
				res, err := clients[i%2].Do(r)
				if err != nil {
					return // hung up
				}
				defer res.Body.Close()
				if body, err := io.ReadAll(res.Body); err == nil && string(body) != subject {
					t.Errorf("%s is told %q", user, body)
				}
			})
		}
	}
	wait.Wait()
}
