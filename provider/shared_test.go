package provider

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"
)

func TestDiscoveryIsFetchedOnceForAll(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	var wait sync.WaitGroup
	for range 200 {
		wait.Go(func() {
			if _, err := authorize(p); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if n := i.asked(configurationPath); n != 1 {
		t.Errorf("discovery was asked %d times", n)
	}
}

func TestDeadProviderIsNotHammered(t *testing.T) {
	i := newIDP(t)
	now := testNow
	p := i.client(func(o *Options) { o.Now = func() time.Time { return now } })
	i.on(configurationPath, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })
	for range 50 {
		_, err := authorize(p)
		wantReason(t, err, ReasonFailing)
	}
	if n := i.asked(configurationPath); n != 1 {
		t.Errorf("discovery was asked %d times within the memory of a failure", n)
	}
	now = now.Add(failureMemory)
	i.on(configurationPath, nil)
	if _, err := authorize(p); err != nil {
		t.Errorf("after the memory has faded: %v", err)
	}
}

func TestLeaderThatHangsUpDoesNotFailTheOthers(t *testing.T) {
	i := newIDP(t)
	p := i.client(nil)
	entered, release := make(chan struct{}), make(chan struct{})
	document := overlay(object{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/a", "token_endpoint": i.URL + "/t", "jwks_uri": i.URL + "/k",
	}, nil)
	i.on(configurationPath, func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		writeJSON(w, http.StatusOK, document)
	})
	leader, hangUp := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := p.AuthorizationURL(leader, authRequest())
		gone <- err
	}()
	<-entered
	hangUp()
	wantReason(t, <-gone, ReasonAbandoned)
	follower := make(chan error, 1)
	go func() {
		_, err := authorize(p)
		follower <- err
	}()
	close(release)
	if err := <-follower; err != nil {
		t.Errorf("the follower: %v", err)
	}
	if n := i.asked(configurationPath); n != 1 {
		t.Errorf("discovery was asked %d times", n)
	}
}

func TestForceWithAnOldValueTakesTheNewOne(t *testing.T) {
	loads := 0
	s := &shared[int]{
		load: func(context.Context) (int, error) { loads++; return loads, nil }, timeout: time.Second,
		now: func() time.Time { return testNow },
	}
	old, err := s.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if at, err := s.force(t.Context(), old.generation, &s.forced); err != nil || at.value != 2 || loads != 2 {
		t.Errorf("value %d after %d loads, %v; want the second without a third", at.value, loads, err)
	}
	// The budget is still there for the value that is at hand.
	for range 2 {
		if at, err := s.force(t.Context(), 2, &s.forced); err != nil || at.value != 3 || loads != 3 {
			t.Errorf("value %d after %d loads, %v; want the third", at.value, loads, err)
		}
	}
	if at, err := s.force(t.Context(), 3, &s.forced); err != nil || at.generation != 3 || loads != 3 {
		t.Errorf("value %d after %d loads, %v; want no fourth within the minute", at.value, loads, err)
	}
}
