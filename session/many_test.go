package session_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/redistest"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

// BenchmarkAHundredThousandSessions fills a server with the sessions of 50,000
// people, two each, and then does what operators do. Run it once:
//
//	go test ./session -run '^$' -bench HundredThousand -benchtime 1x
func BenchmarkAHundredThousandSessions(b *testing.B) {
	const sessions, people = 100_000, 50_000
	ctx := context.Background()
	for range b.N {
		server := redistest.Start(b)
		store := newRedisStore(b, dial(b, session.RedisOptions{Addresses: []string{server.Address}}), twelveHours(), 64<<20)
		person := func(i int) string { return fmt.Sprintf("0c7a5f0e-3f2e-4a5b-9c1d-%012d", i%people) }
		before := server.Info("memory", "used_memory")
		took := func(unit string, do func()) {
			began := time.Now()
			do()
			b.ReportMetric(float64(time.Since(began))/float64(time.Millisecond), unit)
		}
		took("ms/fill", func() {
			var all sync.WaitGroup
			for worker := range 16 {
				all.Go(func() {
					for i := worker; i < sessions; i += 16 {
						s := storetest.AdaIn(10)
						s.Tokens = session.Tokens{}
						s.Identity.Subject, s.SID = person(i), fmt.Sprintf("5a5b9c1d-0c7a-5f0e-3f2e-%012d", i)
						s.Device, s.Address = "Firefox on Windows", "203.0.113.200"
						signedIn(b, store, s)
					}
				})
			}
			all.Wait()
		})
		b.ReportMetric(float64(server.Info("memory", "used_memory")-before)/sessions, "redis-B/session")
		issuer := storetest.Ada().Identity.Issuer
		list := func(m session.Match, limit, want int, wantMore bool) {
			found, more, err := store.List(ctx, m, limit)
			if err != nil || len(found) != want || more != wantMore {
				b.Fatalf("List %+v = %d, %v, %v; want %d, %v", m, len(found), more, err, want, wantMore)
			}
		}
		took("ms/list-1000", func() { list(session.Match{All: true}, 1000, 1000, true) })
		took("ms/list-all", func() { list(session.Match{All: true}, 2*sessions, sessions, false) })
		took("ms/list-user", func() { list(session.Match{Issuer: issuer, Subject: person(7)}, 1000, 2, false) })
		took("ms/revoke-user", func() {
			if n, err := store.Revoke(ctx, session.Match{Issuer: issuer, Subject: person(7)}); err != nil || n != 2 {
				b.Fatalf("Revoke = %d, %v", n, err)
			}
		})
		list(session.Match{Issuer: issuer, Subject: person(7)}, 1000, 0, false)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/(1<<20), "heap-MiB")
		took("ms/revoke-all", func() {
			if n, err := store.Revoke(ctx, session.Match{All: true}); err != nil || n != sessions-2 {
				b.Fatalf("Revoke = %d, %v", n, err)
			}
		})
	}
}
