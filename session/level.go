package session

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Level is how strongly, and how recently, somebody has to have signed in. The
// zero Level asks for nothing.
type Level struct {
	// ACR are the acr values of which one is needed; none is any.
	ACR []string
	// MaxAge is how long ago that may be, in seconds; 0 is any time.
	MaxAge Time
}

// LevelAsked is what the attempt asked for.
func (a *Attempt) LevelAsked() Level {
	return Level{ACR: strings.Fields(a.ACR), MaxAge: Time(a.MaxAge)}
}

// AskLevel has the attempt repeat l.
func (a *Attempt) AskLevel(l Level) {
	a.ACR, a.MaxAge = strings.Join(l.ACR, " "), int(l.MaxAge)
}

// Met reports whether s has reached l, and lately enough. What a session has
// reached besides does not count against it, so that applications which ask for
// different levels do not take turns in sending people away.
func (l *Level) Met(s *Session, now Time) bool {
	if len(l.ACR) == 0 {
		return l.recent(s.AuthTime, now)
	}
	for _, acr := range l.ACR {
		if at, reached := s.Levels[acr]; reached && l.recent(at, now) {
			return true
		}
	}
	return false
}

// MetBy reports whether a sign-in with this acr, at that time, has reached l.
func (l *Level) MetBy(acr string, at, now Time) bool {
	return (len(l.ACR) == 0 || slices.Contains(l.ACR, acr)) && l.recent(at, now)
}

// maxRemains bounds the levels in what Remains, in bytes of their names.
const maxRemains = 400

// Remains is what a sign-in has to know of the session before it: which it is,
// whose, and what they have reached, the latest if that is too much for an
// attempt's cookie. Nobody is signed in by it.
func (s *Session) Remains() *Session {
	left := &Session{
		Version: Version, ID: s.ID, SID: s.SID, AuthTime: s.AuthTime, Created: s.Created, Seen: s.Seen, Ends: s.Ends,
		Identity: identity.Identity{Provider: s.Identity.Provider, Issuer: s.Identity.Issuer, Subject: s.Identity.Subject},
		Levels:   map[string]Time{},
	}
	room := maxRemains
	for _, acr := range slices.SortedFunc(maps.Keys(s.Levels), func(a, b string) int {
		return cmp.Or(cmp.Compare(NotedAt(s.Levels[b]), NotedAt(s.Levels[a])), cmp.Compare(a, b))
	}) {
		if room -= len(acr); room < 0 {
			break
		}
		left.Levels[acr] = s.Levels[acr]
	}
	return left
}

func (l *Level) recent(at, now Time) bool {
	return l.MaxAge == 0 || at > 0 && now-at <= l.MaxAge
}

// Undated is the Time of a level that a provider named at at without saying when
// the person authenticated, perhaps hours before: it is reached, and not recently.
func Undated(at Time) Time { return -at }

// NotedAt is when a level was last heard of, dated or not.
func NotedAt(t Time) Time { return max(t, -t) }
