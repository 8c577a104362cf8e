package session

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-proxy/gatehouse/identity"
)

// Session is who signed in and what came of it. It is immutable once loaded:
// requests share it, so change a copy and Save that.
type Session struct {
	Version int
	// ID names the session in logs, revocation and lists. It proves nothing.
	ID string
	// Identity is the person, with the claims that this configuration keeps.
	Identity identity.Identity
	// SID is the provider's session id (claim sid), for its logout messages.
	SID string
	// AuthTime is when the person authenticated at the provider; zero if unknown.
	AuthTime Time
	// Levels remembers each acr reached and when; see Undated.
	Levels map[string]Time
	// Kept fingerprints which claims were kept and how they were read. A
	// session whose fingerprint is not the running configuration's lacks
	// something that policies or headers now need.
	Kept string
	// Tokens holds the tokens that this configuration uses, usually none.
	Tokens Tokens
	// Checked is when the provider last said that the person is still signed
	// in there; zero means at the sign-in.
	Checked Time
	// Edition counts the Updates, so that of two copies the newer is known.
	Edition int
	// Device and Address say where the sign-in came from, for lists of sessions;
	// empty where nobody lists them.
	Device  string
	Address string
	// Created is the sign-in, Seen the last recorded use, Ends the hard end.
	Created Time
	Seen    Time
	Ends    Time
	// Behind is the store's note that the browser holds an earlier edition.
	Behind bool
	// Passing is the store's note that this value serves one request: the next
	// one is given another, so what is made of it is not worth keeping.
	Passing bool
}

// names reports whether s says who signed in. What does not is no session.
func (s *Session) names() bool {
	return s.ID != "" && s.Identity.Issuer != "" && s.Identity.Subject != ""
}

// Tokens are what the provider issued, as far as they are used.
type Tokens struct {
	ID            string
	Access        string
	AccessExpires Time
	IDExpires     Time
	Refresh       string
	// Spending is when somebody last began to spend Refresh without having
	// come to an end: whether it is still good cannot be known then.
	Spending Time
}

// Errors of a Store. Anything else that Load returns is a fault of ours and
// must deny as ErrUnavailable does.
var (
	// ErrNone: the request carries no live session. Malformed, foreign,
	// expired and revoked cookies all read so, because telling them apart
	// helps only forgers.
	ErrNone = errors.New("no session")
	// ErrUnavailable: whether there is a session cannot be known now.
	ErrUnavailable = errors.New("session store unavailable")
	// ErrTooLarge: the session does not fit this store (12 KiB of cookies).
	ErrTooLarge = errors.New("session too large")
)

// Store keeps sessions between requests. It reads the origin from the request
// as the door resolved it: r.Host and r.URL.Scheme (https decides the cookie's
// name prefix and Secure).
type Store interface {
	// Load returns the live session that r carries. The session is shared:
	// do not change it.
	Load(r *http.Request) (*Session, error)
	// Save writes s for this browser on this host, replacing what was there: a
	// session of another ID that r carries is revoked. Of a new session the
	// caller fills in ID and Identity; Save sets Version and Seen in what it
	// writes (s itself stays), and Created and Ends if they are zero. It returns
	// ErrTooLarge, or ErrNone if s has ended meanwhile, and then writes nothing.
	Save(w http.ResponseWriter, r *http.Request, s *Session) error
	// Clear ends the session that r carries, everywhere: its ID is revoked
	// and each of its cookies removed, also cookies that cannot be opened.
	Clear(w http.ResponseWriter, r *http.Request) error
	// Revoke ends all matching sessions and returns how many it knew of.
	Revoke(ctx context.Context, m Match) (int, error)
	// Reload returns s, from Load, as it is now, with what other requests and
	// processes made of it; ErrNone if it has ended. Unlike Load it may not
	// answer from a copy that is out of date: ask it while holding Lock.
	Reload(r *http.Request, s *Session) (*Session, error)
	// Update puts next in the place of the session of its ID that r carries,
	// while holding Lock: renewed tokens and claims, with the same times. It
	// returns what Load gives from now on, also to requests that still carry
	// the old; ErrTooLarge, or ErrNone if the session has ended, change
	// nothing. It answers nobody: if the browser needs a new cookie, Due holds
	// for what Load and Update return until Renew has written it.
	Update(r *http.Request, next *Session) (*Session, error)
	// Shared reports whether other processes see what Update writes.
	Shared() bool
	// Due reports whether this use of s, from Load, is worth recording so that
	// it does not end from idleness, or whether its browser needs another
	// cookie: cheap, and false for most requests.
	Due(s *Session) bool
	// Renew records the use if it is still due and nobody else just did. It
	// reports whether it put Set-Cookie lines in h, an answer's header, which
	// shared caches must then not keep.
	Renew(h http.Header, r *http.Request, s *Session) (wrote bool, err error)
	// Ended reports whether s, from Load, has reached its hard end or was
	// revoked since: what lives as long as its session asks this. It does not
	// block.
	Ended(s *Session) bool
	// Lock serialises the refresh of one session. It waits until ctx is done.
	Lock(ctx context.Context, id string) (unlock func(), err error)
}

// Time is a moment in whole seconds, written as Unix seconds to keep cookies
// small. The zero Time is unknown.
type Time int64

// At converts, cutting fractions of a second.
func At(t time.Time) Time { return Time(t.Unix()) }

// Std converts back; it is meaningful for a non-zero Time.
func (t Time) Std() time.Time { return time.Unix(int64(t), 0).UTC() }

// IsZero reports whether the moment is unknown.
func (t Time) IsZero() bool { return t == 0 }
