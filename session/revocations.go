package session

import (
	"sync"
	"sync/atomic"
	"time"
)

// revocations is what makes a copied cookie dead: the sessions that were ended
// before their time, in the memory of this process.
//
// An entry stays for as long as any session that it ends could count, which is
// the longest Absolute this process has run with, and is never dropped for want
// of room. Its bound is instead that every entry has cost somebody an
// authentication: a browser's sign-out needs a cookie that opens, a provider's
// needs a signed token, an operator's the admin listener. Repeating one changes
// an entry and adds none. About 200 bytes each. Front-channel logout proves
// nothing; its entries have a bound of their own.
type revocations struct {
	// n counts entries, so that a request need not lock when nobody signed out.
	n atomic.Int64

	mu       sync.RWMutex // guards everything below
	horizon  time.Duration
	ids      map[string]mark
	sids     map[named]mark
	subjects map[named]mark
	all      mark // ends everybody's
	pruned   time.Time
	kept     int // entries left by the last pruning

	// unproven are the keys of sids that nobody proved to be entitled to, a
	// ring in which the oldest gives way at next.
	unproven []named
	next     int
}

// maxUnproven bounds those: about 200 bytes each.
const maxUnproven = 32 << 10

// named is a provider's name for a session or a person.
type named struct{ issuer, name string }

// mark ends the sessions created until before; it can be forgotten after until.
// until is a time.Time for its monotonic clock: a wall clock that jumps ahead
// and back must not bring sessions back to life.
type mark struct {
	before Time
	born   Time // latest Created that begin gave out ahead of the clock
	until  time.Time
	// unproven: a stranger's word, which gives way when there are too many.
	unproven bool
}

func newRevocations() *revocations {
	return &revocations{ids: map[string]mark{}, sids: map[named]mark{}, subjects: map[named]mark{}}
}

// extend makes entries from now on, and those there are, last for sessions of
// this length. It never shortens: sessions sealed under a longer one are about.
func (v *revocations) extend(absolute time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	more := absolute - v.horizon
	if more <= 0 {
		return
	}
	v.horizon = absolute
	lengthen(v.ids, more)
	lengthen(v.sids, more)
	lengthen(v.subjects, more)
}

func lengthen[K comparable](marks map[K]mark, by time.Duration) {
	for k, m := range marks {
		m.until = m.until.Add(by)
		marks[k] = m
	}
}

// add ends what m selects, as of now.
func (v *revocations) add(m Match, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.prune(now)
	until := v.until(now)
	switch m.by() {
	case byID:
		v.ids[m.ID] = mark{until: until}
	case bySID:
		k := named{m.Issuer, m.SID}
		known, is := v.sids[k]
		if m.Unproven && !is {
			v.admit(k)
		}
		end(v.sids, k, At(now), until)
		if e := v.sids[k]; m.Unproven && (!is || known.unproven) {
			e.unproven = true
			v.sids[k] = e
		}
	case bySubject:
		end(v.subjects, named{m.Issuer, m.Subject}, At(now), until)
	case byAll:
		v.all.before, v.all.until = max(At(now), v.all.before, v.all.born), until
	}
	v.n.Store(int64(v.size()))
}

// admit makes room for a key that a stranger named. It needs the lock.
func (v *revocations) admit(k named) {
	if len(v.unproven) < maxUnproven {
		v.unproven = append(v.unproven, k)
		return
	}
	if old := v.unproven[v.next]; v.sids[old].unproven {
		delete(v.sids, old)
	}
	v.unproven[v.next] = k
	v.next = (v.next + 1) % maxUnproven
}

func end(marks map[named]mark, k named, now Time, until time.Time) {
	m := marks[k]
	m.before, m.until, m.unproven = max(now, m.before, m.born), until, false
	marks[k] = m
}

// until is when an entry made now can be forgotten. It needs the lock.
func (v *revocations) until(now time.Time) time.Time {
	return now.Add(v.horizon + 2*time.Duration(clockSkew)*time.Second)
}

// ended reports whether s was revoked. An ID is dead for good; a provider's
// session and a person may sign in again.
func (v *revocations) ended(s *Session) bool {
	if v.n.Load() == 0 {
		return false
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	_, dead := v.ids[s.ID]
	return dead || s.Created <= v.before(s)
}

// begin returns the Created of a new session like s: now, or a little later if
// its person or provider session was revoked within this very second, which
// seconds cannot tell from before. What it gives out ahead of the clock it
// notes, so that the next revocation ends that session too.
func (v *revocations) begin(s *Session, now time.Time) Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	created, before := At(now), v.before(s)
	if before < created || before >= created+clockSkew {
		return created
	}
	created = before + 1
	v.all.born = max(v.all.born, created)
	born(v.subjects, named{s.Identity.Issuer, s.Identity.Subject}, created, v.until(now))
	if s.SID != "" {
		born(v.sids, named{s.Identity.Issuer, s.SID}, created, v.until(now))
	}
	return created
}

func born(marks map[named]mark, k named, created Time, until time.Time) {
	m := marks[k]
	m.born, m.until = created, until
	marks[k] = m
}

// before returns the latest mark on s's provider session and person. It needs
// the lock.
func (v *revocations) before(s *Session) Time {
	b := max(v.all.before, v.subjects[named{s.Identity.Issuer, s.Identity.Subject}].before)
	if s.SID != "" {
		b = max(b, v.sids[named{s.Identity.Issuer, s.SID}].before)
	}
	return b
}

// prune forgets what no session can need any more, when the list has doubled
// since the last time or an hour has gone by, so that adding stays cheap. It
// needs the lock.
func (v *revocations) prune(now time.Time) {
	if v.size() < max(1024, 2*v.kept) && now.Sub(v.pruned) < time.Hour {
		return
	}
	expire(v.ids, now)
	expire(v.sids, now)
	expire(v.subjects, now)
	v.pruned, v.kept = now, v.size()
}

func expire[K comparable](marks map[K]mark, now time.Time) {
	for k, m := range marks {
		if now.After(m.until) {
			delete(marks, k)
		}
	}
}

func (v *revocations) size() int {
	n := len(v.ids) + len(v.sids) + len(v.subjects)
	if v.all.before != 0 {
		n++
	}
	return n
}
