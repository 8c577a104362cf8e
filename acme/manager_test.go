package acme

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
)

// TestStrangersNamesCostNothing: before Run nothing is touched, and whoever
// asks for a name that no route has reaches neither disk nor authority.
func TestStrangersNamesCostNothing(t *testing.T) {
	asked := make(chan string, 16)
	directory := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked <- r.URL.Path }))
	defer directory.Close()
	cache := filepath.Join(t.TempDir(), "acme")
	m := New(Options{Directory: directory.URL, Cache: cache, Log: slog.New(slog.DiscardHandler)})
	m.Follow(nil)
	if _, err := os.Stat(cache); !os.IsNotExist(err) {
		t.Errorf("the cache was touched before Run: %v", err)
	}
	if m.Answer(httptest.NewRecorder(), challenge("first.example.test")) {
		t.Error("a proof was given before Run")
	}

	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); m.Run(ctx) }()
	defer func() { stop(); <-done }()
	client, server := net.Pipe()
	defer client.Close()
	go tls.Client(client, &tls.Config{ServerName: "stray.example.test", NextProtos: []string{"acme-tls/1"}, InsecureSkipVerify: true}).Handshake()
	server.SetDeadline(time.Now().Add(10 * time.Second))
	err := tls.Server(server, m.TLS()).Handshake()
	if err == nil || !strings.Contains(err.Error(), "no route is called") {
		t.Errorf("the handshake ends with %v", err)
	}
	if m.Answer(httptest.NewRecorder(), challenge("stray.example.test")) {
		t.Error("a stranger's name was answered for")
	}
	select {
	case path := <-asked:
		t.Errorf("the authority was asked for %s", path)
	default:
	}
}

func challenge(host string) *http.Request {
	return &http.Request{Method: http.MethodGet, Host: host, URL: &url.URL{Path: "/.well-known/acme-challenge/token"}}
}

// TestLogLinesAreOurs: level, time and fields of the library's lines survive,
// under one key.
func TestLogLinesAreOurs(t *testing.T) {
	var out bytes.Buffer
	log := zap.New(&bridge{to: slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})})
	log.Debug("not wanted")
	log.With(zap.String("ca", "x")).Named("n").Warn("took long", zap.Int("attempt", 2))
	var line struct {
		Level, Msg string
		Acme       struct {
			Said, CA string
			Attempt  int
		}
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %s", err, out.String())
	}
	if line.Level != "WARN" || line.Msg != "acme" || line.Acme.Said != "took long" || line.Acme.CA != "x" || line.Acme.Attempt != 2 {
		t.Errorf("the line is %s", out.String())
	}
}
