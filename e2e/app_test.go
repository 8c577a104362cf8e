package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// app is what the gateway protects: it answers with "app PATH" and keeps the
// headers of the last request.
type app struct {
	*httptest.Server
	mu   sync.Mutex // guards last
	last http.Header
}

func newApp(t *testing.T) *app {
	a := &app{}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.last = r.Header
		a.mu.Unlock()
		fmt.Fprintf(w, "app %s", r.URL.RequestURI())
	}))
	t.Cleanup(a.Close)
	return a
}

// got compares the headers of the last request with want, in which nothing
// means that a header must be absent.
func (a *app) got(t *testing.T, want map[string]string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for name, value := range want {
		values := a.last.Values(name)
		if value == "" && len(values) == 0 {
			continue
		}
		if len(values) != 1 || values[0] != value {
			t.Errorf("%s = %q, want %q", name, values, value)
		}
	}
}
