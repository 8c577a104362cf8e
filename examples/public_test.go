package examples_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/proxy"
)

// TestPublicAndProtectedDoesWhatItSays asks as a client that is no browser, so
// that "sign in first" is a 401 and no provider is needed.
func TestPublicAndProtectedDoesWhatItSays(t *testing.T) {
	app := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer app.Close()
	text := read(t, "public-and-protected.yaml")
	for _, upstream := range []string{"http://10.0.0.5:8080", "http://10.0.0.6:8080", "http://10.0.0.7:8080"} {
		if !strings.Contains(text, upstream) {
			t.Fatalf("the example has no upstream %s any more", upstream)
		}
		text = strings.ReplaceAll(text, upstream, app.URL)
	}
	gate := proxy.NewGateway(compile(t, load(t, "public-and-protected.yaml", text)).Runtime)

	const home, office, monitoring = "203.0.113.7:50000", "10.1.2.3:50000", "10.9.0.4:50000"
	for _, c := range []struct {
		method, url, from string
		want              int
	}{
		{"GET", "https://shop.example.com/", home, http.StatusOK},
		{"GET", "https://shop.example.com/products/7?colour=red", home, http.StatusOK},
		{"POST", "https://shop.example.com/products/7", home, http.StatusForbidden},
		{"GET", "https://shop.example.com/account", home, http.StatusUnauthorized},
		{"POST", "https://shop.example.com/orders/new", home, http.StatusUnauthorized},
		{"GET", "https://shop.example.com/accounting", home, http.StatusOK},
		{"GET", "https://shop.example.com/products/../account", home, http.StatusBadRequest},
		{"GET", "https://shop.example.com/healthz", monitoring, http.StatusOK},
		{"GET", "https://shop.example.com/healthz", home, http.StatusForbidden},
		{"GET", "https://shop.example.com/office", home, http.StatusForbidden},
		{"GET", "https://shop.example.com/office", office, http.StatusUnauthorized},
		{"GET", "https://status.example.com/", home, http.StatusOK},
	} {
		r := httptest.NewRequest(c.method, c.url, nil)
		r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0 // HTTP/1 needs a connection to watch
		r.RequestURI = r.URL.RequestURI()
		r.RemoteAddr = c.from
		w := httptest.NewRecorder()
		gate.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s from %s: %d, want %d\n%s", c.method, c.url, c.from, w.Code, c.want, w.Body)
		}
	}
}
