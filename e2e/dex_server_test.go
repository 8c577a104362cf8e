package e2e

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/dexidp/dex/connector"
	"github.com/dexidp/dex/connector/mock"
	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"gopkg.in/yaml.v3"
)

// dexFile is the part of Dex's configuration file that the tests use. Dex
// itself reads it in its command, which is no package.
type dexFile struct {
	Issuer string
	Expiry struct {
		IDTokens string `yaml:"idTokens"` // access tokens too
	}
	StaticClients []struct {
		ID, Name, Secret string
		Public           bool
		RedirectURIs     []string `yaml:"redirectURIs"`
	} `yaml:"staticClients"`
	StaticPasswords []struct {
		Email, Username, Hash string
		UserID                string `yaml:"userID"`
	} `yaml:"staticPasswords"`
	Connectors []struct {
		Type, ID, Name string
		Config         map[string]any
	}
}

// startDex runs Dex with a configuration file, on its issuer's port.
func startDex(t *testing.T, file string) {
	t.Helper()
	var c dexFile
	if err := yaml.Unmarshal([]byte(file), &c); err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	var clients []storage.Client
	for _, s := range c.StaticClients {
		clients = append(clients, storage.Client{ID: s.ID, Name: s.Name, Secret: s.Secret, Public: s.Public, RedirectURIs: s.RedirectURIs})
	}
	var passwords []storage.Password
	for _, p := range c.StaticPasswords {
		passwords = append(passwords, storage.Password{Email: p.Email, Username: p.Username, UserID: p.UserID, Hash: []byte(p.Hash)})
	}
	connectors := []storage.Connector{{ID: server.LocalConnector, Type: server.LocalConnector, Name: "Email"}}
	for _, s := range c.Connectors {
		config, err := json.Marshal(s.Config)
		if err != nil {
			t.Fatal(err)
		}
		connectors = append(connectors, storage.Connector{ID: s.ID, Type: s.Type, Name: s.Name, Config: config})
	}
	kept := storage.WithStaticConnectors(storage.WithStaticPasswords(storage.WithStaticClients(memory.New(log), clients), passwords, log), connectors)
	server.ConnectorsConfig["crowd"] = func() server.ConnectorConfig { return new(crowd) }
	life := time.Hour
	if c.Expiry.IDTokens != "" {
		var err error
		if life, err = time.ParseDuration(c.Expiry.IDTokens); err != nil {
			t.Fatal(err)
		}
	}
	rotate, err := server.NewRefreshTokenPolicy(log, false, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	dex, err := server.NewServer(t.Context(), server.Config{
		Issuer: c.Issuer, Storage: kept, SkipApprovalScreen: true, Logger: log,
		IDTokensValidFor: life, RefreshTokenPolicy: rotate,
	})
	if err != nil {
		t.Fatal(err)
	}
	listenAt(t, c.Issuer, dex)
}

// listenAt serves on the loopback port that an address names.
func listenAt(t *testing.T, address string, handler http.Handler) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewUnstartedServer(handler)
	site.Listener.Close()
	if site.Listener, err = newListener(u.Port()); err != nil {
		t.Fatal(err)
	}
	site.Start()
	t.Cleanup(site.Close)
}

// crowd is a connector type of ours that brings somebody in many groups.
type crowd struct{ Groups int }

// Open implements server.ConnectorConfig.
func (c *crowd) Open(_ string, log *slog.Logger) (connector.Connector, error) {
	who := connector.Identity{UserID: "0-1", Username: "Elif Demir", Email: "elif@example.com", EmailVerified: true}
	for range c.Groups {
		who.Groups = append(who.Groups, randomName())
	}
	return &mock.Callback{Identity: who, Logger: log}, nil
}
