package session_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/redistest"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

// The session check alone, as every request pays for it: Load.

func BenchmarkLoadRemembered(b *testing.B) { benchmarkLoad(b, 1<<20, typical()) }

func BenchmarkLoadRememberedLarge(b *testing.B) { benchmarkLoad(b, 1<<20, storetest.AdaIn(200)) }

// BenchmarkLoadSealed opens the cookie each time and remembers nothing.
func BenchmarkLoadSealed(b *testing.B) { benchmarkLoad(b, 0, typical()) }

func BenchmarkLoadSealedLarge(b *testing.B) { benchmarkLoad(b, 0, storetest.AdaIn(200)) }

// typical is a session without further claims: most configurations map none.
func typical() *session.Session {
	s := storetest.Ada()
	s.Identity.Claims, s.Levels = nil, nil
	return s
}

func daily() storetest.Config {
	return storetest.Config{Keys: [][]byte{storetest.Key(1)}, Idle: time.Hour, Absolute: 12 * time.Hour, Now: time.Now}
}

func benchmarkLoad(b *testing.B, remember int64, s *session.Session) {
	store := newCookieStore(b, daily(), remember, nil)
	r := signedIn(b, store, s)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Load(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadFirst meets each cookie for the first time: it opens it, puts it
// into a memory that is full, and so has another evicted.
func BenchmarkLoadFirst(b *testing.B) {
	store := newCookieStore(b, daily(), 1<<20, nil)
	r := signedIn(b, store, typical())
	var lines [4096]string // more than a MiB holds, so each has gone when it comes again
	for i := range lines {
		lines[i] = signedIn(b, store, typical()).Header.Get("Cookie")
	}
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		r.Header["Cookie"][0] = lines[i%len(lines)]
		i++
		if _, err := store.Load(r); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLoadAmong is the check while so many sessions are live: "one" asks
// for the same session each time, "any" for one at random, which the
// processor's caches do not hold.
func BenchmarkLoadAmong(b *testing.B) {
	for _, live := range []int{1, 10_000, 100_000} {
		store := newCookieStore(b, daily(), 1<<30, nil)
		r := signedIn(b, store, typical())
		lines := make([]string, live)
		for i := range lines {
			one := signedIn(b, store, typical())
			if _, err := store.Load(one); err != nil {
				b.Fatal(err)
			}
			lines[i] = one.Header.Get("Cookie")
		}
		if n, size := store.Remembered(); n != live {
			b.Fatalf("%d of %d sessions remembered in %d bytes", n, live, size)
		}
		for name, among := range map[string]int{"one": 1, "any": live} {
			b.Run(fmt.Sprintf("%d/%s", live, name), func(b *testing.B) {
				random := rand.New(rand.NewPCG(1, 2))
				b.ReportAllocs()
				for b.Loop() {
					r.Header["Cookie"][0] = lines[random.IntN(among)]
					if _, err := store.Load(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkLoadRedisRemembered(b *testing.B) { benchmarkRedisLoad(b, 1<<20) }

// BenchmarkLoadRedis asks the server each time.
func BenchmarkLoadRedis(b *testing.B) { benchmarkRedisLoad(b, 0) }

func benchmarkRedisLoad(b *testing.B, remember int64) {
	redis := dial(b, session.RedisOptions{Addresses: []string{redistest.Start(b).Address}})
	store := newRedisStore(b, redis, daily(), remember)
	r := signedIn(b, store, typical()).WithContext(b.Context())
	if _, err := store.Load(r); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := store.Load(r); err != nil {
			b.Fatal(err)
		}
	}
}
