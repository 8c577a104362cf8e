package gateway

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
)

// Readiness is what /readyz tells.
type Readiness struct {
	// Status is starting, ready or draining.
	Status    string            `json:"status"`
	Providers map[string]string `json:"providers"`
	Store     string            `json:"store"`
}

// state is where the process is in its life.
type state struct{ word atomic.Value }

func (s *state) set(word string) { s.word.Store(word) }

func (s *state) String() string {
	word, _ := s.word.Load().(string)
	return word
}

// readyz answers 200 once requests can be served. A provider or store that is
// down does not make the gateway unready: what goes on goes on, and a restart would not help.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) {
	now := Readiness{Status: s.state.String(), Providers: map[string]string{}, Store: "up"}
	for _, p := range s.current().Providers {
		now.Providers[p.Name()] = "down"
		if p.Status().Up {
			now.Providers[p.Name()] = "up"
		}
	}
	if !s.current().store.up() {
		now.Store = "down"
	}
	status := http.StatusOK
	if now.Status != "ready" {
		status = http.StatusServiceUnavailable
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(now)
}

// healthz answers as long as the process does.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Write([]byte("ok\n"))
}
