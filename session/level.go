package session

import "strings"

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

func (l *Level) recent(at, now Time) bool {
	return l.MaxAge == 0 || !at.IsZero() && now-at <= l.MaxAge
}
