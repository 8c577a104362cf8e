package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/redistest"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

// twelveHours is a store's configuration on the servers' own clock.
func twelveHours() storetest.Config {
	return storetest.Config{Keys: [][]byte{storetest.Key(1)}, Idle: time.Hour, Absolute: 12 * time.Hour}
}

// refused loads until the store says that it cannot know, and fails if it ever
// says that there is nobody.
func refused(t *testing.T, store session.Store, r *http.Request) {
	t.Helper()
	redistest.Eventually(t, "the store is unavailable", func() bool {
		_, err := store.Load(r)
		if errors.Is(err, session.ErrNone) {
			t.Fatal("a fault reads as a sign-out")
		}
		return errors.Is(err, session.ErrUnavailable)
	})
}

// healed loads until the session is back, within five seconds.
func healed(t *testing.T, store session.Store, r *http.Request) {
	t.Helper()
	began := time.Now()
	back(t, store, r)
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("healed after %v", took)
	}
}

// back loads until the session is back, however busy the machine is.
func back(t *testing.T, store session.Store, r *http.Request) {
	t.Helper()
	redistest.Eventually(t, "the session is back", func() bool {
		_, err := store.Load(r)
		if errors.Is(err, session.ErrNone) {
			t.Fatal("a fault ended the session")
		}
		return err == nil
	})
}

// unsaved tries to sign somebody in, which must fail and leave no cookie.
func unsaved(t *testing.T, store session.Store) {
	t.Helper()
	w := httptest.NewRecorder()
	r := storetest.NewBrowser(t, "https://wiki.example.com").Request()
	if err := store.Save(w, r, storetest.Ada()); !errors.Is(err, session.ErrUnavailable) || len(w.Header()) != 0 {
		t.Errorf("Save = %v, header %v, want ErrUnavailable alone", err, w.Header())
	}
}

func TestASilentServerIsNoticed(t *testing.T) {
	server := redistest.Start(t)
	between := redistest.StartStall(t, server.Address)
	store := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{between.Address}}), twelveHours(), 1<<20)
	direct := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{server.Address}}), twelveHours(), 1<<20)
	r, ends := signedIn(t, store, storetest.Ada()), signedIn(t, store, storetest.Ada())
	for _, warm := range []*http.Request{r, ends} {
		if _, err := store.Load(warm); err != nil {
			t.Fatal(err)
		}
	}
	between.Stop()
	// Meanwhile another replica ends one of the sessions.
	if err := direct.Clear(httptest.NewRecorder(), ends); err != nil {
		t.Fatal(err)
	}
	refused(t, store, r)
	if _, err := store.Load(ends); !errors.Is(err, session.ErrUnavailable) {
		t.Errorf("Load of the ended session = %v, want ErrUnavailable", err)
	}
	unsaved(t, store)
	between.Go()
	healed(t, store, r)
	if _, err := store.Load(ends); !errors.Is(err, session.ErrNone) {
		t.Errorf("Load of the ended session = %v, want ErrNone", err)
	}
}

func TestAServerThatTakesNoWritesSignsNobodyOut(t *testing.T) {
	for name, test := range map[string]struct{ fault, mend []string }{
		"READONLY": {[]string{"REPLICAOF", "127.0.0.1", "1"}, []string{"REPLICAOF", "NO", "ONE"}},
		"full":     {[]string{"CONFIG", "SET", "maxmemory", "1"}, []string{"CONFIG", "SET", "maxmemory", "0"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			store := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{server.Address}}), twelveHours(), 1<<20)
			s := storetest.Ada()
			r := signedIn(t, store, s)
			loaded, err := store.Load(r)
			if err != nil {
				t.Fatal(err)
			}
			server.Do(test.fault...)
			unsaved(t, store)
			if name == "READONLY" {
				w := httptest.NewRecorder()
				if err := store.Clear(w, r); !errors.Is(err, session.ErrUnavailable) || len(w.Header()) != 0 {
					t.Errorf("Clear = %v, header %v: the person would seem to be signed out", err, w.Header())
				}
			}
			next := *loaded
			if _, err := store.Update(r, &next); !errors.Is(err, session.ErrUnavailable) {
				t.Errorf("Update = %v", err)
			}
			server.Do(test.mend...)
			healed(t, store, r)
			signedIn(t, store, storetest.Ada())
		})
	}
}

func TestAWrongPasswordIsUnavailableAndHealsWhenItIsRight(t *testing.T) {
	server := redistest.Start(t, "--requirepass", "right")
	var log bytes.Buffer
	redis := dial(t, session.RedisOptions{Addresses: []string{server.Address}, Password: "wrong-password", Log: slog.New(slog.NewTextHandler(&log, nil))})
	store := newRedisStore(t, redis, twelveHours(), 1<<20)
	unsaved(t, store)
	good := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{server.Address}, Password: "right"}), twelveHours(), 1<<20)
	r := signedIn(t, good, storetest.Ada())
	refused(t, store, r)
	c := session.RedisOptions{Addresses: []string{server.Address}, Password: "right"}
	if redis.Same(c) {
		t.Error("another password is the same connection")
	}
	authenticate(t, server, "right", "CONFIG", "SET", "requirepass", "wrong-password")
	healed(t, store, r)
	redis.Close()
	if text := log.String(); strings.Contains(text, "wrong-password") || strings.Count(text, "cannot be reached") != 1 {
		t.Errorf("the log says:\n%s", text)
	}
}

// authenticate sends a command to a server that asks for a password.
func authenticate(t *testing.T, server *redistest.Server, password string, command ...string) {
	t.Helper()
	server.DoAs(password, command...)
}

func TestAServerThatCannotTrackCostsARoundTripAndSaysSo(t *testing.T) {
	for name, option := range map[string][]string{
		"no RESP3":    {"--rename-command", "HELLO", ""},
		"no TRACKING": {"--rename-command", "CLIENT", ""},
	} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t, option...)
			var log bytes.Buffer
			redis := dial(t, session.RedisOptions{Addresses: []string{server.Address}, Log: slog.New(slog.NewTextHandler(&log, nil))})
			store := newRedisStore(t, redis, twelveHours(), 1<<20)
			r := signedIn(t, store, storetest.Ada())
			before := server.Calls()["get"]
			var first *session.Session
			for range 10 {
				s, err := store.Load(r)
				if err != nil {
					t.Fatal(err)
				}
				if first == nil {
					first = s
				}
				if s != first {
					t.Fatal("an unchanged session was opened again")
				}
			}
			if asked := server.Calls()["get"] - before; asked != 10 {
				t.Errorf("10 requests made %d round trips, want 10", asked)
			}
			other := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{server.Address}, Untracked: true}), twelveHours(), 0)
			if err := other.Clear(httptest.NewRecorder(), r); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Load(r); !errors.Is(err, session.ErrNone) {
				t.Errorf("Load after another replica's Clear = %v", err)
			}
			redis.Close()
			if strings.Count(log.String(), "round trip") != 1 {
				t.Errorf("the log says:\n%s", log.String())
			}
		})
	}
}

func TestALostConnectionServesNothingStale(t *testing.T) {
	server := redistest.Start(t)
	store := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{server.Address}}), twelveHours(), 1<<20)
	r := signedIn(t, store, storetest.Ada())
	for range 3 {
		if _, err := store.Load(r); err != nil {
			t.Fatal(err)
		}
		// Cut, and end the session while nobody is told.
		server.Do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	}
	server.Do("FLUSHALL")
	redistest.Eventually(t, "the session is gone", func() bool {
		_, err := store.Load(r)
		return errors.Is(err, session.ErrNone)
	})
}

func TestTamperedValuesAreNoSessionAndToldOnce(t *testing.T) {
	server := redistest.Start(t)
	var log bytes.Buffer
	keys, _ := session.NewKeys([][]byte{storetest.Key(1)})
	names, _ := session.NewNames(storetest.CookieName)
	store, err := session.NewRedisStore(session.RedisStoreOptions{
		Redis: dial(t, session.RedisOptions{Addresses: []string{server.Address}, Untracked: true}), Keys: keys, Names: names,
		Absolute: time.Hour, Log: slog.New(slog.NewTextHandler(&log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	r, other := signedIn(t, store, storetest.Ada()), signedIn(t, store, storetest.Ada())
	place := func(n int) string {
		return strings.Split(server.Do("KEYS", "gatehouse:s:*"), "\r\n")[2*n+2]
	}
	value := strings.SplitN(server.Do("GET", place(0)), "\r\n", 2)[1]
	value = strings.TrimSuffix(value, "\r\n")
	_ = other
	for i, forged := range []string{
		"", "\x01", "\x01\xff\xff", value[1:], value[:len(value)-1], value + "x", "\x02" + value[1:],
		value[:5] + string([]byte{value[5] ^ 1}) + value[6:], value[:len(value)-5] + string([]byte{value[len(value)-5] ^ 1}) + value[len(value)-4:],
	} {
		server.Do("SET", place(0), forged)
		server.Do("SET", place(1), value) // moved from the other place
		for range 2 {
			_, one := store.Load(r)
			_, two := store.Load(other)
			// A summary that was changed is no summary; the session beside it is whole.
			if i != 7 && (one != session.ErrNone || two != session.ErrNone) {
				t.Errorf("forgery %d: Load = %v and %v, want ErrNone", i, one, two)
			}
		}
	}
	if n := strings.Count(log.String(), "does not open"); n != 2 {
		t.Errorf("told %d times, want once for each of two places:\n%s", n, log.String())
	}
}

func TestAStolenDumpOpensNothing(t *testing.T) {
	server := redistest.Start(t)
	store := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{server.Address}}), twelveHours(), 1<<20)
	s := storetest.Ada()
	r := signedIn(t, store, s)
	cookie := r.Header.Get("Cookie")
	var dump strings.Builder
	for i, key := range strings.Split(server.Do("KEYS", "*"), "\r\n") {
		if i > 0 && i%2 == 0 && key != "" {
			dump.WriteString(key + server.Do("DUMP", key))
		}
	}
	for _, secret := range []string{s.ID, "ada", "example.com", "refresh-token", "provider-session", cookie[len(cookie)-40:]} {
		if strings.Contains(dump.String(), secret) {
			t.Errorf("the data shows %q", secret)
		}
	}
}

func TestAKilledHolderDelaysOthersByItsLease(t *testing.T) {
	server := redistest.Start(t)
	options := session.RedisOptions{Addresses: []string{server.Address}}
	one := session.WithLease(newRedisStore(t, dial(t, options), twelveHours(), 0), 500*time.Millisecond)
	dead := dial(t, options)
	two := session.WithLease(newRedisStore(t, dead, twelveHours(), 0), 500*time.Millisecond)

	unlock, err := one.Lock(context.Background(), "id")
	if err != nil {
		t.Fatal(err)
	}
	// Held far beyond its lease, because it is renewed.
	short, cancel := context.WithTimeout(context.Background(), 1200*time.Millisecond)
	defer cancel()
	if _, err := two.Lock(short, "id"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Lock of a held lock = %v", err)
	}
	unlock()
	late, err := two.Lock(context.Background(), "id")
	if err != nil {
		t.Fatal(err)
	}
	defer late()
	dead.Close() // from here on it can neither renew nor release
	began := time.Now()
	again, err := one.Lock(context.Background(), "id")
	if err != nil {
		t.Fatal(err)
	}
	again()
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the dead holder delayed others by %v", took)
	}
}

func TestSentinelsFailOverWithoutSigningAnybodyOut(t *testing.T) {
	watched := redistest.StartWatched(t)
	redis := dial(t, session.RedisOptions{Addresses: watched.Addresses(), SentinelMaster: "gatehouse"})
	store := newRedisStore(t, redis, twelveHours(), 1<<20)
	r := signedIn(t, store, storetest.Ada())
	if _, err := store.Load(r); err != nil {
		t.Fatal(err)
	}
	redistest.Eventually(t, "the replica has it", func() bool {
		n := watched.Replica.Ask("DBSIZE")
		return n != "" && n == watched.Master.Ask("DBSIZE")
	})
	watched.Master.Kill()
	refused(t, store, r)
	watched.FailOver()
	back(t, store, r)
	redistest.Eventually(t, "people can sign in", func() bool {
		w := httptest.NewRecorder()
		err := store.Save(w, storetest.NewBrowser(t, "https://wiki.example.com").Request(), storetest.Ada())
		return err == nil
	})
}

func TestALostClusterNodeTakesOnlyItsSessions(t *testing.T) {
	cluster := redistest.StartCluster(t)
	store := newRedisStore(t, dial(t, session.RedisOptions{Addresses: cluster.Addresses(), Cluster: true}), twelveHours(), 1<<20)
	var requests []*http.Request
	for range 30 {
		r := signedIn(t, store, storetest.Ada())
		if _, err := store.Load(r); err != nil {
			t.Fatal(err)
		}
		requests = append(requests, r)
	}
	cluster[2].Pause()
	defer cluster[2].Resume()
	redistest.Eventually(t, "some are unavailable, the others are there", func() bool {
		there, unknown := 0, 0
		for _, r := range requests {
			switch _, err := store.Load(r); {
			case err == nil:
				there++
			case errors.Is(err, session.ErrUnavailable):
				unknown++
			default:
				t.Fatalf("Load = %v", err)
			}
		}
		return there > 0 && unknown > 0 && there+unknown == len(requests)
	})
	cluster[2].Resume()
	for _, r := range requests {
		healed(t, store, r)
	}
}

func TestAHundredThousandSessionsTakeUnderTwoKibibytesEach(t *testing.T) {
	n := 2000
	if testing.Short() {
		n = 500
	}
	server := redistest.Start(t)
	store := newRedisStore(t, dial(t, session.RedisOptions{Addresses: []string{server.Address}}), twelveHours(), 0)
	before := server.Info("memory", "used_memory")
	for i := range n {
		s := storetest.AdaIn(10)
		s.Tokens = session.Tokens{}
		s.Identity.Subject = fmt.Sprintf("0c7a5f0e-3f2e-4a5b-9c1d-%012d", i)
		s.SID = fmt.Sprintf("5a5b9c1d-0c7a-5f0e-3f2e-%012d", i)
		s.Device, s.Address = "Firefox on Windows", "203.0.113.200"
		signedIn(t, store, s)
	}
	each := (server.Info("memory", "used_memory") - before) / n
	t.Logf("%d bytes a session", each)
	if each > 2048 {
		t.Errorf("a session takes %d bytes, want under 2 KiB", each)
	}
}
