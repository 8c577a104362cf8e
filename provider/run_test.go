package provider

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// network is a provider without sockets, for the bubble's clock.
type network struct {
	state     atomic.Int32 // up, down or hanging
	fetches   atomic.Int32 // of discovery
	keyset    atomic.Int32 // fetches of the key set
	retryHint string
	gate      chan struct{} // when not nil, key sets wait for it once they are made
	keys      []any         // nil: one key
}

const (
	up = iota
	down
	hanging
)

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	var body any
	if strings.HasSuffix(r.URL.Path, wellKnown) {
		n.fetches.Add(1)
		body = object{
			"issuer": "https://idp.example.com", "authorization_endpoint": "https://idp.example.com/a",
			"token_endpoint": "https://idp.example.com/t", "jwks_uri": "https://idp.example.com/k",
		}
	} else {
		n.keyset.Add(1)
		keys := n.keys
		if keys == nil {
			keys = []any{jwk(edKey().Public(), "k", nil)}
		}
		body = object{"keys": keys}
		if n.gate != nil {
			<-n.gate
		}
	}
	header := http.Header{"Content-Type": {"application/json"}}
	switch n.state.Load() {
	case down:
		if n.retryHint == "" {
			return nil, errors.New("connection refused")
		}
		header.Set("Retry-After", n.retryHint)
		return &http.Response{StatusCode: 429, Header: header, Body: http.NoBody, Request: r}, nil
	case hanging:
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	data := must(json.Marshal(body))
	return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(bytes.NewReader(data)), Request: r}, nil
}

func running(t *testing.T, n *network) (p *Provider, stop func()) {
	t.Helper()
	p, err := New(Options{Name: "ping", Issuer: "https://idp.example.com", ClientID: "c", ClockSkew: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	p.fetch.transport = n
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		p.Run(ctx)
		close(done)
	}()
	synctest.Wait()
	return p, func() {
		cancel()
		<-done
	}
}

func TestRunFetchesAtOnceAndRefreshes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		p, stop := running(t, n)
		defer stop()
		if s := p.Status(); !s.Up || s.Keys != 1 || s.LastError != "" || n.fetches.Load() != 1 {
			t.Errorf("status %+v after %d fetches", s, n.fetches.Load())
		}
		time.Sleep(24 * time.Hour)
		if got := n.fetches.Load(); got < 24 || got > 50 {
			t.Errorf("%d fetches in a day", got)
		}
	})
}

func TestRunHealsWithin30Seconds(t *testing.T) {
	for name, state := range map[string]int32{"down": down, "hanging": hanging} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				n.state.Store(state)
				p, stop := running(t, n)
				defer stop()
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				if s := p.Status(); s.Up || s.LastError == "" {
					t.Fatalf("status %+v", s)
				}
				if got := n.fetches.Load(); got > 120 {
					t.Errorf("%d fetches in ten minutes hammer a dead provider", got)
				}
				n.state.Store(up)
				time.Sleep(30 * time.Second)
				synctest.Wait()
				if s := p.Status(); !s.Up || time.Since(s.Since) > 30*time.Second {
					t.Errorf("status %+v 30 s after the provider came back", s)
				}
			})
		})
	}
}

func TestRunKeepsTheOldAndNoticesTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		p, stop := running(t, n)
		defer stop()
		time.Sleep(time.Minute)
		n.state.Store(down)
		_, err := p.Redeem(t.Context(), redemption()) // the token endpoint is down
		wantReason(t, err, ReasonUnreachable)
		time.Sleep(doubtDelay)
		synctest.Wait()
		if s := p.Status(); s.Up || s.Keys != 1 {
			t.Errorf("status %+v after a sign-in that found the provider down", s)
		}
		if _, err := p.AuthorizationURL(t.Context(), authRequest()); err != nil {
			t.Errorf("the old discovery is gone: %v", err)
		}
	})
}

func TestRunHonoursRetryAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{retryHint: "20"}
		n.state.Store(down)
		_, stop := running(t, n)
		defer stop()
		time.Sleep(19 * time.Second)
		if got := n.fetches.Load(); got != 1 {
			t.Errorf("%d fetches within Retry-After", got)
		}
		time.Sleep(2 * time.Second)
		if got := n.fetches.Load(); got != 2 {
			t.Errorf("%d fetches after Retry-After", got)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		n.state.Store(hanging)
		_, stop := running(t, n)
		began := time.Now()
		stop()
		if waited := time.Since(began); waited > 0 {
			t.Errorf("Run went on for %v", waited)
		}
		time.Sleep(sharedTimeout) // the fetch under way ends by itself
	})
}

// TestSlowProviderFailsWithin10Seconds counts every step of a sign-in.
func TestSlowProviderFailsWithin10Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		n.state.Store(hanging)
		p, stop := running(t, n)
		defer stop()
		began := time.Now()
		_, err := p.AuthorizationURL(t.Context(), authRequest())
		wantReason(t, err, ReasonSlow)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("AuthorizationURL took %v", took)
		}
		n.state.Store(up)
		time.Sleep(30 * time.Second)
		n.state.Store(hanging)
		began = time.Now()
		_, err = p.Redeem(t.Context(), redemption())
		wantReason(t, err, ReasonSlow)
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("Redeem took %v", took)
		}
	})
}

// TestRotationDuringAScheduledFetch lets a token of the new key arrive while a
// fetch is under way that was answered before the rotation.
func TestRotationDuringAScheduledFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &network{}
		p, stop := running(t, n)
		defer stop()
		n.gate = make(chan struct{})
		scheduled := make(chan error, 1)
		go func() { scheduled <- p.keys.shared.refresh(t.Context()) }()
		synctest.Wait() // the old keys are on their way
		n.keys = []any{jwk(&ecKey().PublicKey, "new", nil)}
		verified := make(chan error, 1)
		go func() {
			_, err := p.keys.verify(t.Context(), signer{"ES256", ecKey()}.sign([]byte(`{"alg":"ES256","kid":"new"}`), []byte("{}")))
			verified <- err
		}()
		synctest.Wait() // the token waits for them too
		close(n.gate)
		if err := <-scheduled; err != nil {
			t.Error(err)
		}
		if err := <-verified; err != nil {
			t.Error(err)
		}
		if got := n.keyset.Load(); got != 3 {
			t.Errorf("keys were fetched %d times, want 3", got)
		}
	})
}
