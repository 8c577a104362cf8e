package session_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

func TestParallelCallbacksRedeemOnce(t *testing.T) {
	m := session.NewRedeemed(storetest.NewClock().Now)
	var first atomic.Int32
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if m.Begin("state") {
				first.Add(1)
				m.Done("state", "/target", "id")
			}
			if target, id, done := m.Wait(context.Background(), "state"); !done || target != "/target" || id != "id" {
				t.Errorf("Wait = %q, %q, %t", target, id, done)
			}
		})
	}
	wg.Wait()
	if first.Load() != 1 {
		t.Errorf("%d redemptions, want 1", first.Load())
	}
}

func TestWaitSaysNothingOfWhatDidNotSucceed(t *testing.T) {
	clock := storetest.NewClock()
	m := session.NewRedeemed(clock.Now)
	wait := func(ctx context.Context, state string) bool {
		_, _, done := m.Wait(ctx, state)
		return done
	}
	if wait(context.Background(), "unknown") {
		t.Error("an unknown state is done")
	}
	m.Begin("failed")
	m.Failed("failed")
	if wait(context.Background(), "failed") || m.Begin("failed") {
		t.Error("a failed attempt can be used again")
	}
	m.Done("failed", "/late", "id")
	if wait(context.Background(), "failed") {
		t.Error("a failed attempt succeeded later")
	}
	m.Begin("running")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if wait(ctx, "running") {
		t.Error("a running attempt is done")
	}
	m.Done("running", "/", "id")
	if !wait(context.Background(), "running") {
		t.Error("a finished attempt is not done")
	}
	clock.Add(10 * time.Minute)
	if wait(context.Background(), "running") {
		t.Error("remembered for longer than ten minutes")
	}
}

func TestAFullMemoryForgetsTheOldestFinished(t *testing.T) {
	m := session.NewRedeemed(storetest.NewClock().Now)
	m.Begin("running")
	m.Begin("old")
	m.Done("old", "/", "id")
	for i := range 65536 {
		state := fmt.Sprint(i)
		if !m.Begin(state) {
			t.Fatalf("refused number %d", i)
		}
		m.Failed(state)
	}
	if m.Begin("running") || m.Begin("65535") {
		t.Error("a running or recent attempt was forgotten")
	}
	if _, _, done := m.Wait(context.Background(), "old"); done {
		t.Error("the oldest is still there")
	}
}

func TestAMemoryFullOfRunningAttemptsRefuses(t *testing.T) {
	clock := storetest.NewClock()
	m := session.NewRedeemed(clock.Now)
	for i := range 65536 {
		if !m.Begin(fmt.Sprint(i)) {
			t.Fatalf("refused number %d", i)
		}
	}
	if m.Begin("one more") {
		t.Error("accepted more than fit")
	}
	clock.Add(10 * time.Minute)
	if !m.Begin("one more") {
		t.Error("refused after the others are over")
	}
}
