package session_test

import (
	"testing"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

func newCookieStore(t testing.TB, c storetest.Config, remember int64, previous *session.CookieStore) *session.CookieStore {
	t.Helper()
	keys, err := session.NewKeys(c.Keys)
	if err != nil {
		t.Fatal(err)
	}
	names, err := session.NewNames(storetest.CookieName)
	if err != nil {
		t.Fatal(err)
	}
	store, err := session.NewCookieStore(session.Options{
		Keys: keys, Names: names, Idle: c.Idle, Absolute: c.Absolute, RememberMax: remember, Now: c.Now, Previous: previous,
	})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func TestCookieStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T, c storetest.Config) session.Store {
		return newCookieStore(t, c, 1<<20, nil)
	})
}
