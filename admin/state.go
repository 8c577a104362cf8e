package admin

import (
	"time"

	"github.com/gatehouse-proxy/gatehouse/telemetry"
)

// State is what the page shows and /api/state tells. It holds no secret: names,
// addresses, and what happened to them.
type State struct {
	Build     Build             `json:"build"`
	Status    string            `json:"status"` // starting, ready or draining
	Started   time.Time         `json:"started"`
	Loaded    time.Time         `json:"config_loaded"`
	File      string            `json:"config_file,omitempty"`
	Warnings  []string          `json:"warnings"`
	Store     Store             `json:"store"`
	Routes    []Route           `json:"routes"`
	Providers []Provider        `json:"providers"`
	Upstreams []Upstream        `json:"upstreams"`
	Recent    []telemetry.Noted `json:"recent_decisions"`
	Config    string            `json:"config"` // redacted
}

// Build says what runs.
type Build struct {
	Version string `json:"version"`
	Go      string `json:"go_version"`
}

// Store is where sessions are.
type Store struct {
	Kind       string `json:"kind"` // cookie or redis
	State      string `json:"state"`
	Remembered int    `json:"sessions_remembered"`
}

// Route is one route of the file.
type Route struct {
	Name      string   `json:"name"`
	From      string   `json:"from"`
	To        []string `json:"to"`
	Policy    string   `json:"policy"`
	Providers []string `json:"providers"` // empty: all
}

// Provider is one provider and how it is.
type Provider struct {
	Name      string    `json:"name"`
	Title     string    `json:"display_name,omitempty"`
	Type      string    `json:"type"`
	Issuer    string    `json:"issuer"`
	State     string    `json:"state"` // up or down
	Since     time.Time `json:"since"`
	Keys      int       `json:"keys"`
	LastError string    `json:"last_error,omitempty"`
}

// Upstream is one target of one route.
type Upstream struct {
	Route       string    `json:"route"`
	Target      string    `json:"target"`
	State       string    `json:"state"` // up, aside or down
	Since       time.Time `json:"since,omitzero"`
	UnderWay    int64     `json:"in_flight"`
	Answered    uint64    `json:"answered"`
	Failed      uint64    `json:"failed"`
	LastError   string    `json:"last_error,omitempty"`
	LastErrorAt time.Time `json:"last_error_at,omitzero"`
}
