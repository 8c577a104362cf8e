package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestFiftyReloadsUnderLoad: each of them changes the targets' timeouts, so
// that pools come and go. No request fails, and when it is over no goroutine
// and no descriptor is left of the forty-nine configurations before.
func TestFiftyReloadsUnderLoad(t *testing.T) {
	h := start(t, simple, reloadable)
	cookie := h.signIn("ana.kovacs").sessionCookie()
	changed := func(i int) string {
		return strings.ReplaceAll(simple, "to: \"${APP}\"", fmt.Sprintf("to: \"${APP}\"\n    timeout: {idle: %ds}", 30+i))
	}
	load := func(stop context.Context) (sent int64) {
		var n atomic.Int64
		var clients sync.WaitGroup
		for i := range 8 {
			clients.Go(func() {
				transport := &http.Transport{DialContext: h.dial, DialTLSContext: h.dial}
				defer transport.CloseIdleConnections()
				for stop.Err() == nil {
					r, err := http.NewRequest("GET", home+[]string{"/x", "/public/x"}[i%2], nil)
					if err != nil {
						t.Error(err)
						return
					}
					r.Header.Set("Cookie", cookie)
					res, err := transport.RoundTrip(r)
					if err != nil {
						t.Errorf("a request failed: %v", err)
						return
					}
					body, err := io.ReadAll(res.Body)
					res.Body.Close()
					if err != nil || res.StatusCode != http.StatusOK || string(body) != hello {
						t.Errorf("a request got %d %q, %v", res.StatusCode, body, err)
						return
					}
					n.Add(1)
				}
			})
		}
		clients.Wait()
		return n.Load()
	}
	h.reload(changed(0))
	warm, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	load(warm)
	stop()
	h.app.take()
	before, openBefore := settled(runtime.NumGoroutine), settled(descriptors(t))

	loading, stop := context.WithCancel(t.Context())
	done := make(chan int64)
	go func() { done <- load(loading) }()
	for i := range 50 {
		h.reload(changed(1 + i%3))
	}
	h.reload(changed(0))
	stop()
	sent := <-done
	h.app.take()
	if sent < 50 {
		t.Errorf("only %d requests were sent beside the reloads", sent)
	}
	within(t, 20*time.Second, "return to the goroutines before", func() bool { return runtime.NumGoroutine() <= before+2 })
	within(t, 20*time.Second, "return to the descriptors before", func() bool { return descriptors(t)() <= openBefore+2 })
	if got := h.metric(`gatehouse_reloads_total{outcome="success"}`); got != "52" {
		t.Errorf("%s reloads are counted", got)
	}
	t.Logf("%d requests beside 51 reloads", sent)
}

// settled is a count that has stopped falling.
func settled(count func() int) int {
	least := count()
	for quiet := 0; quiet < 20; quiet++ {
		time.Sleep(5 * time.Millisecond)
		if now := count(); now < least {
			least, quiet = now, 0
		}
	}
	return least
}

// descriptors counts the open ones of this process.
func descriptors(t testing.TB) func() int {
	return func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("there is no /proc here")
		}
		return len(entries)
	}
}
