package session

import "time"

// clockSkew is how far in the future, in seconds, another replica's clock may
// have put a session. Beyond that our own clock has gone back, and what it
// cannot measure it must not prolong.
const clockSkew Time = 60

// Lifetime says how long sessions count. It is the running configuration's: a
// shorter one shortens sessions that began before it.
type Lifetime struct {
	// Idle ends a session that long after its last recorded use; 0 never does.
	Idle time.Duration
	// Absolute ends a session that long after its sign-in.
	Absolute time.Duration
}

// Ends is the hard end of s: the one fixed at sign-in, or the one that today's
// Absolute gives if that is earlier.
func (l Lifetime) Ends(s *Session) Time {
	return min(s.Ends, s.Created+seconds(l.Absolute))
}

// IdleEnds is when s ends unless it is used, at most its hard end.
func (l Lifetime) IdleEnds(s *Session) Time {
	if l.Idle <= 0 {
		return l.Ends(s)
	}
	return min(l.Ends(s), s.Seen+seconds(l.Idle))
}

// Live reports whether s counts at now, as far as times tell.
func (l Lifetime) Live(s *Session, now Time) bool {
	return s.Created <= now+clockSkew && s.Seen <= now+clockSkew && now < l.IdleEnds(s)
}

// Due reports whether the last recorded use of s is at least a tenth of Idle
// ago, so that recording this one is worth a write.
func (l Lifetime) Due(s *Session, now Time) bool {
	return l.Idle > 0 && now >= s.Seen+max(1, seconds(l.Idle)/10)
}

// pause is how long a renewal speaks for the next. It leaves short idle periods
// several chances.
func (l Lifetime) pause() time.Duration { return min(renewalPause, l.Idle/5) }

// seconds rounds up: half a second of idleness must not become none at all.
func seconds(d time.Duration) Time {
	return Time((d + time.Second - 1) / time.Second)
}
