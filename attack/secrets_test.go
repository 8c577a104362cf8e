package attack

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/gateway"
)

// secrets are the values that must turn up nowhere, and the log, which is the
// first place to look for them.
type secrets struct {
	mu      sync.Mutex // guards all below
	written bytes.Buffer
	planted map[string]bool
}

// plant notes secrets. Short values are none.
func (s *secrets) plant(values ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.planted == nil {
		s.planted = map[string]bool{}
	}
	for _, v := range values {
		if len(v) >= 12 {
			s.planted[v] = true
		}
	}
}

// Write is the log's.
func (s *secrets) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.Write(p)
}

func (s *secrets) log() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.written.String()
}

// search fails if text holds a secret.
func (s *secrets) search(t testing.TB, where, text string) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for secret := range s.planted {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%s holds a secret: …%.200s", where, text[max(0, at-60):])
		}
	}
}

// metrics is what a gateway's admin listener tells Prometheus.
func metrics(t testing.TB, server *gateway.Server) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	res, err := client.Get("http://" + server.Address("admin").String() + "/metrics")
	if err != nil {
		t.Error(err)
		return ""
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}
