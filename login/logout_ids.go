package login

import (
	"crypto/sha256"
	"sync"
	"time"
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

func logoutKey(issuer, jti string) [sha256.Size]byte {
	return sha256.Sum256([]byte(issuer + "\x00" + jti))
}
