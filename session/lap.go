package session

import (
	"net/http"
	"strconv"
	"strings"
)

const (
	// lapTag ends the name of the cookie that counts laps. It has the form of
	// an attempt's, so that apps neither see nor set it.
	lapTag = "signed-in-at"
	// lapLife is how soon after a sign-in the next belongs to the same loop, in
	// seconds.
	lapLife Time = 60
	maxLap       = 99
)

// Lap is how many sign-ins this browser finished one after the other, each
// within a minute of the one before and each without having a session to show
// for it afterwards. It is a hint and no secret: whoever changes it misleads
// nobody but themselves.
func (m *Attempts) Lap(r *http.Request) int {
	if len(r.Header["Cookie"]) == 0 {
		return 0
	}
	want, lap, now := m.names.attempt(originOf(r), lapTag), 0, At(m.clock())
	each(r.Header, func(name, value string) bool {
		if name != want {
			return true
		}
		count, since, _ := strings.Cut(value, ".")
		n, err := strconv.Atoi(count)
		at, err2 := strconv.ParseInt(since, 10, 64)
		if err == nil && err2 == nil && n > 0 && n <= maxLap && Time(at) <= now+clockSkew && now < Time(at)+lapLife {
			lap = n
		}
		return false
	})
	return lap
}

// SetLap notes a sign-in that finished now. Zero forgets the laps before, and
// puts nothing on the answer for a browser that has none.
func (m *Attempts) SetLap(w http.ResponseWriter, r *http.Request, lap int) {
	o := originOf(r)
	name := m.names.attempt(o, lapTag)
	if lap > 0 {
		value := strconv.Itoa(min(lap, maxLap)) + "." + strconv.FormatInt(int64(At(m.clock())), 10)
		setCookie(w.Header(), o, name, value, lapLife)
		return
	}
	if m.Lap(r) > 0 {
		expireCookie(w.Header(), o, name)
	}
}

// BringsSession reports whether r carries a session cookie, good or not.
func (m *Attempts) BringsSession(r *http.Request) bool {
	var f found
	f.scan(r.Header, m.names.session(originOf(r)))
	return f.n[0] > 0
}
