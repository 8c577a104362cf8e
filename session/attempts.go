package session

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// attemptLife is how long a sign-in may take, in seconds.
	attemptLife Time = 600
	// maxAttempts and maxAttemptBytes bound one browser's sign-ins under way,
	// so that tabs which reopen together do not fill its request headers.
	maxAttempts     = 5
	maxAttemptBytes = 4000
	// maxAttemptScan bounds the cookies that are opened to find the oldest.
	maxAttemptScan = 32
	// tagLen is the length of the name's end: 72 bits of a hash of the state.
	tagLen = 12
)

// ErrNoAttempt: this browser started no sign-in with this state on this host
// within the last ten minutes. Malformed, foreign and expired ones read so too.
var ErrNoAttempt = errors.New("no such sign-in attempt")

// Attempts keeps sign-ins under way in the browsers that started them.
type Attempts struct {
	codec *codec
	names Names
	clock func() time.Time
}

// NewAttempts uses the clock now, time.Now if nil.
func NewAttempts(keys *Keys, names Names, now func() time.Time) *Attempts {
	if now == nil {
		now = time.Now
	}
	return &Attempts{codec: newCodec(keys, purposeAttempt, pieceSize), names: names, clock: now}
}

// AttemptCookie is a started attempt on its way to the browser.
type AttemptCookie struct {
	// CrossSite lets the cookie come along with a form that another site posts
	// (response_mode form_post). It is SameSite=None then, and Secure even on
	// http, which browsers accept from loopback alone.
	CrossSite bool

	origin  origin
	name    string
	value   string
	expired []string // names of earlier attempts that must go
}

// New starts a: it draws a fresh secret and sets Created. Put the cookie on the
// answer once the provider's address is known. Of a browser's attempts the
// oldest give way to the new one, above five or 4000 bytes together. A ReturnTo
// that does not fit even alone becomes "/": signing in matters more than where
// it leads. ErrTooLarge means that the rest of a does not fit.
func (m *Attempts) New(r *http.Request, a Attempt) (Secrets, AttemptCookie, error) {
	a.Created = At(m.clock())
	rand.Read(a.secret[:]) // never fails (crypto/rand since Go 1.24)
	o := originOf(r)
	value, err := m.seal(o, &a)
	if errors.Is(err, ErrTooLarge) {
		a.ReturnTo = "/"
		value, err = m.seal(o, &a)
	}
	if err != nil {
		return Secrets{}, AttemptCookie{}, fmt.Errorf("start sign-in: %w", err)
	}
	secrets := a.Secrets()
	return secrets, AttemptCookie{
		origin: o, name: m.name(o, secrets.State), value: value,
		expired: m.crowdedOut(r, o, len(value)),
	}, nil
}

// Set adds the Set-Cookie lines to an answer.
func (c *AttemptCookie) Set(w http.ResponseWriter) {
	for _, name := range c.expired {
		expireCookie(w.Header(), c.origin, name)
	}
	if !c.CrossSite {
		setCookie(w.Header(), c.origin, c.name, c.value, attemptLife)
		return
	}
	putCookie(w.Header(), c.name, c.value, attemptLife, "; HttpOnly; Secure; SameSite=None")
}

// crowdedOut names the attempts of r that must go for a new one of size bytes:
// what is not one any more, then the oldest.
func (m *Attempts) crowdedOut(r *http.Request, o origin, size int) (expired []string) {
	if len(r.Header["Cookie"]) == 0 { // as of most who are sent to sign in
		return nil
	}
	type earlier struct {
		name    string
		size    int
		created Time
	}
	var live []earlier
	scanned, now := 0, At(m.clock())
	prefix := m.names.attempt(o, "")
	each(r.Header, func(name, value string) bool {
		if !strings.HasPrefix(name, prefix) || !isTag(name[len(prefix):]) || name[len(prefix):] == lapTag {
			return true
		}
		if a := m.open(o, value, now); a != nil {
			live = append(live, earlier{name, len(value), a.Created})
		} else {
			expired = append(expired, name)
		}
		scanned++
		return scanned < maxAttemptScan
	})
	// Browsers list older cookies first, which settles a tie (RFC 6265 section 5.4).
	slices.SortStableFunc(live, func(a, b earlier) int { return cmp.Compare(a.created, b.created) })
	left := len(live) + 1
	for _, e := range live {
		size += e.size
	}
	for _, e := range live {
		if left <= maxAttempts && size <= maxAttemptBytes {
			break
		}
		expired = append(expired, e.name)
		left, size = left-1, size-e.size
	}
	return expired
}

// Take returns the attempt that r's browser started with this state on this
// host, or ErrNoAttempt. It stays until Finish. Compare its Provider with the
// callback's.
func (m *Attempts) Take(r *http.Request, state string) (*Attempt, error) {
	if len(state) != StateLen {
		return nil, ErrNoAttempt
	}
	o, now := originOf(r), At(m.clock())
	want := m.name(o, state)
	var taken *Attempt
	tried := 0
	each(r.Header, func(name, value string) bool {
		if name != want {
			return true
		}
		a := m.open(o, value, now)
		if a != nil && subtle.ConstantTimeCompare([]byte(a.state()), []byte(state)) == 1 {
			taken = a
			return false
		}
		tried++
		return tried < maxSame
	})
	if taken == nil {
		return nil, ErrNoAttempt
	}
	return taken, nil
}

// Finish removes the cookie of the attempt with this state.
func (m *Attempts) Finish(w http.ResponseWriter, r *http.Request, state string) {
	o := originOf(r)
	expireCookie(w.Header(), o, m.name(o, state))
}

func (m *Attempts) seal(o origin, a *Attempt) (string, error) {
	plain, err := a.pack()
	if err != nil {
		return "", err
	}
	return m.codec.seal(o, plain)
}

// open returns the attempt sealed in value if it is not over yet, or nil.
func (m *Attempts) open(o origin, value string, now Time) *Attempt {
	plain, ok := m.codec.open(o, value)
	if !ok {
		return nil
	}
	a := unpackAttempt(plain)
	if a == nil || a.Created > now+clockSkew || now >= a.Created+attemptLife {
		return nil
	}
	return a
}

// name is that of the cookie for state. It holds a hash, because cookie names
// turn up where states must not.
func (m *Attempts) name(o origin, state string) string {
	sum := sha256.Sum256([]byte(state))
	var tag [tagLen]byte
	base64.RawURLEncoding.Encode(tag[:], sum[:tagLen*3/4])
	return m.names.session(o)[0] + "-" + string(tag[:])
}

// isTag reports whether s ends the name of an attempt cookie. It keeps what
// else an app may call <name>-… out of the answer's Set-Cookie lines.
func isTag(s string) bool {
	for i := range len(s) {
		if !isAlphanumeric(s[i]) && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return len(s) == tagLen
}
