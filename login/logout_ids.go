package login

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"

	"github.com/gatehouse-proxy/gatehouse/provider"
)

// maxLogoutIDs bounds the memory, at about 100 bytes each. Each took a token
// that a provider signed.
const maxLogoutIDs = 1 << 16

// LogoutIDs remembers the logout tokens that came, so that each counts once
// (OpenID Connect Back-Channel Logout 1.0 section 2.6, the last point): a copy
// played back would end sessions that began after it. It holds for this process
// and for as long as a token is fresh enough to be taken at all.
type LogoutIDs struct {
	now func() time.Time

	mu    sync.Mutex // guards the rest
	until map[[sha256.Size]byte]time.Time
}

// NewLogoutIDs uses the clock now, time.Now if nil.
func NewLogoutIDs(now func() time.Time) *LogoutIDs {
	if now == nil {
		now = time.Now
	}
	return &LogoutIDs{now: now, until: map[[sha256.Size]byte]time.Time{}}
}

// Take reports whether this token of the issuer's came for the first time. It
// is false for every one when too many came within their few minutes.
func (m *LogoutIDs) Take(issuer, jti string, until time.Time) bool {
	key := logoutKey(issuer, jti)
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	if before, used := m.until[key]; used && now.Before(before) {
		return false
	}
	if len(m.until) >= maxLogoutIDs {
		for key, end := range m.until {
			if !now.Before(end) {
				delete(m.until, key)
			}
		}
		if len(m.until) >= maxLogoutIDs {
			return false
		}
	}
	m.until[key] = until
	return true
}

// Release forgets a token that could not be acted on, so that the provider may
// send it again.
func (m *LogoutIDs) Release(issuer, jti string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.until, logoutKey(issuer, jti))
}

// takeLogout reports whether this logout token came for the first time, to
// whichever replica.
func (l *Login) takeLogout(ctx context.Context, said *provider.LogoutToken) (bool, error) {
	if !l.LogoutIDs.Take(said.Issuer, said.ID, said.Until) {
		return false, nil
	}
	if l.Marks == nil {
		return true, nil
	}
	first, err := l.Marks.Mark(ctx, logoutMark(said), said.Until.Sub(l.Now()))
	if err != nil {
		l.LogoutIDs.Release(said.Issuer, said.ID)
	}
	return first, err
}

// releaseLogout undoes takeLogout.
func (l *Login) releaseLogout(ctx context.Context, said *provider.LogoutToken) {
	if l.Marks != nil {
		l.Marks.Unmark(ctx, logoutMark(said))
	}
	l.LogoutIDs.Release(said.Issuer, said.ID)
}

func logoutMark(said *provider.LogoutToken) string {
	return "logout token\x00" + said.Issuer + "\x00" + said.ID
}

func logoutKey(issuer, jti string) [sha256.Size]byte {
	return sha256.Sum256([]byte(issuer + "\x00" + jti))
}
