package page

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestNavigation(t *testing.T) {
	const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	for _, c := range []struct {
		name, method string
		header       http.Header
		want         bool
	}{
		{"browser", "GET", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}, "Accept": {browser}}, true},
		{"browser's HEAD", "HEAD", http.Header{"Sec-Fetch-Mode": {"navigate"}}, true},
		{"submitted form", "POST", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Accept": {browser}}, false},
		{"frame", "GET", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"iframe"}}, true},
		{"prefetched page", "GET", http.Header{"Sec-Fetch-Mode": {"navigate"}, "Sec-Purpose": {"prefetch"}}, true},
		{"prefetched part", "GET", http.Header{"Sec-Fetch-Mode": {"no-cors"}, "Sec-Purpose": {"prefetch"}, "Accept": {browser}}, false},
		{"fetch", "GET", http.Header{"Sec-Fetch-Mode": {"cors"}, "Accept": {browser}}, false},
		{"fetch of one's own", "GET", http.Header{"Sec-Fetch-Mode": {"same-origin"}, "Accept": {"text/html"}}, false},
		{"picture", "GET", http.Header{"Sec-Fetch-Mode": {"no-cors"}, "Sec-Fetch-Dest": {"image"}, "Accept": {browser}}, false},
		{"WebSocket", "GET", http.Header{"Sec-Fetch-Mode": {"websocket"}}, false},
		{"two modes", "GET", http.Header{"Sec-Fetch-Mode": {"navigate", "cors"}, "Accept": {browser}}, false},
		{"another case", "GET", http.Header{"Sec-Fetch-Mode": {"Navigate"}, "Accept": {browser}}, false},
		{"empty mode", "GET", http.Header{"Sec-Fetch-Mode": {""}, "Accept": {browser}}, false},
		{"metadata without a mode", "GET", http.Header{"Sec-Fetch-Site": {"none"}, "Accept": {browser}}, false},
		{"old browser", "GET", http.Header{"Accept": {browser}}, true},
		{"old browser's form", "POST", http.Header{"Accept": {browser}}, false},
		{"any case", "GET", http.Header{"Accept": {"Text/HTML"}}, true},
		{"second line", "GET", http.Header{"Accept": {"image/png", "application/json, text/html;level=1"}}, true},
		{"curl", "GET", http.Header{"Accept": {"*/*"}}, false},
		{"any text", "GET", http.Header{"Accept": {"text/*"}}, false},
		{"API client", "GET", http.Header{"Accept": {"application/json"}}, false},
		{"nothing", "GET", http.Header{}, false},
		{"refused", "GET", http.Header{"Accept": {"application/json, text/html;q=0.000"}}, false},
		{"hardly wanted", "GET", http.Header{"Accept": {"application/json, text/html; q=0.001"}}, true},
		{"a longer name", "GET", http.Header{"Accept": {"text/html-sandboxed"}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest(c.method, "/", nil)
			r.Header = c.header
			if got := Navigation(r); got != c.want {
				t.Errorf("Navigation = %v, want %v", got, c.want)
			}
		})
	}
}
