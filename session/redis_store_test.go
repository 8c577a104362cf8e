package session_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/redistest"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

// dial connects to servers until the test ends.
func dial(t testing.TB, o session.RedisOptions) *session.Redis {
	t.Helper()
	if o.KeyPrefix == "" {
		o.KeyPrefix = "gatehouse:"
	}
	redis, err := session.NewRedis(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(redis.Close)
	return redis
}

func newRedisStore(t testing.TB, redis *session.Redis, c storetest.Config, remember int64) *session.RedisStore {
	t.Helper()
	keys, err := session.NewKeys(c.Keys)
	if err != nil {
		t.Fatal(err)
	}
	names, err := session.NewNames(storetest.CookieName)
	if err != nil {
		t.Fatal(err)
	}
	store, err := session.NewRedisStore(session.RedisStoreOptions{
		Redis: redis, Keys: keys, Names: names, Idle: c.Idle, Absolute: c.Absolute, RememberMax: remember, Now: c.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

// promises runs the shared suite. The stores of one test share a key prefix,
// and each has a connection of its own, as replicas do.
func promises(t *testing.T, o session.RedisOptions, remember int64) {
	storetest.Run(t, func(t *testing.T, c storetest.Config) session.Store {
		mine := o
		mine.KeyPrefix = "test:" + strings.ReplaceAll(t.Name(), "/", ":") + ":"
		return newRedisStore(t, dial(t, mine), c, remember)
	})
}

func TestRedisStore(t *testing.T) {
	server := redistest.Start(t)
	for name, o := range map[string]session.RedisOptions{
		"Tracked":   {Addresses: []string{server.Address}},
		"Untracked": {Addresses: []string{server.Address}, Untracked: true},
	} {
		t.Run(name, func(t *testing.T) { promises(t, o, 1<<20) })
	}
	t.Run("WithoutMemory", func(t *testing.T) {
		promises(t, session.RedisOptions{Addresses: []string{server.Address}}, 0)
	})
}

func TestLoadOfARememberedRedisSessionAllocatesNothing(t *testing.T) {
	redis := dial(t, session.RedisOptions{Addresses: []string{redistest.Start(t).Address}})
	store := newRedisStore(t, redis, hour(storetest.NewClock()), 1<<20)
	r := signedIn(t, store, storetest.Ada()).WithContext(t.Context())
	if got := testing.AllocsPerRun(100, func() {
		if _, err := store.Load(r); err != nil {
			t.Fatal(err)
		}
	}); got != 0 {
		t.Errorf("%v allocations, want none", got)
	}
}

func TestRedisStoreBehindSentinels(t *testing.T) {
	watched := redistest.StartWatched(t)
	promises(t, session.RedisOptions{Addresses: watched.Addresses(), SentinelMaster: "gatehouse"}, 1<<20)
}

func TestRedisStoreOnACluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	promises(t, session.RedisOptions{Addresses: cluster.Addresses(), Cluster: true}, 1<<20)
}
