package session_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gatehouse-proxy/gatehouse/session"
	"github.com/gatehouse-proxy/gatehouse/session/storetest"
)

// TestLapsCountSignInsInAMinute, and starting another does not lose count.
func TestLapsCountSignInsInAMinute(t *testing.T) {
	clock := storetest.NewClock()
	keys, err := session.NewKeys([][]byte{storetest.Key(1)})
	if err != nil {
		t.Fatal(err)
	}
	names, err := session.NewNames(storetest.CookieName)
	if err != nil {
		t.Fatal(err)
	}
	m := session.NewAttempts(keys, names, clock.Now)
	b := storetest.NewBrowser(t, "https://wiki.example.com")
	for want := range 4 {
		if got := m.Lap(b.Request()); got != want {
			t.Fatalf("lap %d, want %d", got, want)
		}
		w := httptest.NewRecorder()
		m.SetLap(w, b.Request(), want+1)
		b.Accept(w)
		_, cookie, err := m.New(b.Request(), session.Attempt{Provider: "ping", ReturnTo: "/"})
		if err != nil {
			t.Fatal(err)
		}
		w = httptest.NewRecorder()
		cookie.Set(w)
		b.Accept(w)
		clock.Add(20 * time.Second)
	}
	clock.Add(time.Minute)
	if got := m.Lap(b.Request()); got != 0 {
		t.Errorf("a minute later it is lap %d", got)
	}
	for _, value := range []string{"", "x", "-1.1", "3", "3.x", "999999999999999999999.1", "3.99999999999"} {
		b.Put("__Host-gatehouse-signed-in-at", value)
		if got := m.Lap(b.Request()); got != 0 {
			t.Errorf("%q is lap %d", value, got)
		}
	}
}
