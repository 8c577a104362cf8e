package upstream

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Strangers with broken requests must not take a target out of rotation; a
// target that does not answer must go.
func TestFaultsOfTheRequestAreNotTheTargets(t *testing.T) {
	reset := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		if r.URL.Path == "/reset" {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.Close()
		}
	}))
	reset.Config.Protocols = protocols((*http.Protocols).SetHTTP1, (*http.Protocols).SetUnencryptedHTTP2)
	reset.Start()
	defer reset.Close()
	for _, scheme := range []string{"http", "h2c"} {
		p := newPool(t, Options{}, strings.Replace(reset.URL, "http", scheme, 1))
		for range 2 * p.made.Health.UnhealthyAfter {
			req, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", io.NopCloser(io.MultiReader(strings.NewReader("half"), broken{})))
			req.ContentLength, req.Host = -1, "a"
			if res, err := p.RoundTrip(req); err == nil {
				res.Body.Close()
			}
		}
		if p.targets[0].aside.Load() != 0 {
			t.Errorf("%s: set aside for uploads that broke off", scheme)
		}
		for range p.made.Health.UnhealthyAfter {
			if res, _, err := send(t, p, http.MethodPost, "/reset", "x"); err == nil {
				res.Body.Close()
			}
		}
		if scheme == "http" && p.targets[0].aside.Load() == 0 {
			t.Error("not set aside although it answers nothing")
		}
	}
}

func TestRawBytesInAQueryGoAsTheyCame(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(told))
	defer s.Close()
	res, _, err := send(t, newPool(t, Options{}, s.URL), http.MethodGet, "/x?\xc3\xbf\xff", "")
	if err != nil || res.Header.Get("X-Target") != "/x?\xc3\xbf\xff" {
		t.Errorf("%v, %v", res, err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("broken off") }
