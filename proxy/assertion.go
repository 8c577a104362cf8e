package proxy

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-proxy/gatehouse/assertion"
	"github.com/gatehouse-proxy/gatehouse/session"
)

// Assertion is a signed token that a route sends along.
type Assertion struct {
	// Header carries it.
	Header string
	// Cookie, if not empty, carries it too: in the upstream's Cookie header
	// only, never in the browser.
	Cookie string
	Plan   *assertion.Plan
}

// stamps are the tokens of one caller on one route, made when they are first
// needed, sent with every request, and made anew shortly before they end. The
// zero stamps sends none.
type stamps struct {
	plans  []Assertion
	caller assertion.Caller

	signing sync.Mutex // serialises signing; readers do not take it
	at      atomic.Pointer[stamped]
}

// stamped is one making of them. It never changes, so that requests share it.
type stamped struct {
	fields  []renderedField
	cookies []string // "name=token"
	renew   time.Time
	ends    time.Time
	omitted []string // headers whose token is too long to be sent
}

// now returns the tokens to send at now, none after until. Only the request
// that finds none that are good waits for signatures; while the old ones are,
// one request signs and the others go on.
func (s *stamps) now(now, until time.Time) (at *stamped, fresh bool, err error) {
	if s == nil || len(s.plans) == 0 {
		return nil, false, nil
	}
	at = s.at.Load()
	if at != nil && now.Before(at.renew) {
		return at, false, nil
	}
	if at != nil && now.Before(at.ends) {
		if !s.signing.TryLock() {
			return at, false, nil
		}
	} else {
		s.signing.Lock()
	}
	defer s.signing.Unlock()
	if other := s.at.Load(); other != at && now.Before(other.renew) {
		return other, false, nil
	}
	if at, err = s.sign(now, until); err != nil {
		return nil, false, err
	}
	s.at.Store(at)
	return at, true, nil
}

func (s *stamps) sign(now, until time.Time) (*stamped, error) {
	made := &stamped{fields: make([]renderedField, 0, len(s.plans))}
	for _, a := range s.plans {
		signed, err := a.Plan.Sign(s.caller, now, until)
		if err != nil {
			return nil, err
		}
		made.renew, made.ends = earlier(made.renew, signed.Renew), earlier(made.ends, signed.Expires)
		if len(signed.Token) > maxHeaderValue {
			// Half of the claims would be another person's.
			made.omitted = append(made.omitted, a.Header)
			continue
		}
		made.fields = append(made.fields, renderedField{a.Header, []string{signed.Token}})
		if a.Cookie != "" {
			made.cookies = append(made.cookies, a.Cookie+"="+signed.Token)
		}
	}
	return made, nil
}

// earlier is the earlier of two times, of which a may be unset.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// beside is a request's Cookie lines, which it does not change, with the
// tokens' own.
func (at *stamped) beside(lines []string) []string {
	if at == nil || len(at.cookies) == 0 {
		return lines
	}
	own := strings.Join(at.cookies, "; ")
	if len(lines) == 0 {
		return []string{own}
	}
	// In the one line that applications expect (RFC 6265 section 5.4).
	lines = slices.Clone(lines)
	lines[0] += "; " + own
	return lines
}

// sets reports whether a token goes by this name.
func (at *stamped) sets(name string) bool {
	return at != nil && slices.ContainsFunc(at.fields, func(f renderedField) bool { return f.name == name })
}

// apply sets the tokens in h, but for cookies.
func (at *stamped) apply(h http.Header) {
	if at == nil {
		return
	}
	for i := range at.fields {
		h[at.fields[i].name] = at.fields[i].value
	}
}

// assertions are the tokens that go with a request of c.
func (rt *Runtime) assertions(c caller, v *visit) (*stamped, error) {
	if len(v.seen.stamps.plans) == 0 {
		return nil, nil
	}
	now := rt.now()
	at, fresh, err := v.seen.stamps.now(now, rt.ends(c, now))
	if fresh && len(at.omitted) > 0 {
		rt.log.Warn("assertions above 16 KiB were left out; choose fewer claims", "route", v.route.Name, "headers", at.omitted, "session", v.seen.session)
	}
	return at, err
}

// endOf is when s ends unless it is used again. A store that does not record
// every use in the session itself says so by a time that has passed.
func (rt *Runtime) endOf(s *session.Session, now time.Time) time.Time {
	if ends := rt.lifetime.IdleEnds(s).Std(); ends.After(now) {
		return ends
	}
	ends := rt.lifetime.Ends(s).Std()
	if idle := now.Add(rt.lifetime.Idle); rt.lifetime.Idle > 0 && idle.Before(ends) {
		return idle
	}
	return ends
}
